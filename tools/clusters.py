"""Vectors of low-scoring explanations -> groups that belong together (paper, step 7: clustering before Eq. 8).

Density clustering finds the dense cores, however many there are; what lies near a core joins it, the rest belongs to
none. Same vectors, same groups: nothing here is random.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.intp]

DUPLICATE = 0.96
"""Cosine from which two passages say the same; they count as one when it is decided what makes a group."""
FEWEST = 3
"""Different passages that make a group."""
FEW = 12
"""Up to here different passages are too few to take apart."""
DIMENSIONS = 10
_ROUNDS = 6
_DISTANCE = 0.7
"""Mean cosine distance up to which passages belong together where density shows no groups."""
_SAME = 0.85
"""Cosine of their centres from which two groups are one theme. Those less alike stay apart, however many: what a merged
group is about, nobody can name."""
_SPREAD = 500
_WIDTH = 2.0
"""Standard deviations below its members' mean cosine up to which a core takes others in."""


@dataclass(frozen=True)
class Cores:
    """Dense groups as they were found among some vectors, to which others can be compared."""

    centres: Floats
    """(groups, d), unit length, the largest group first."""
    bounds: Floats
    """(groups,): the cosine to the centre from which a vector belongs to the group."""

    def join(self, vectors: Floats) -> tuple[Labels, Floats]:
        """For each vector (n, d) its group, or -1, and its cosine to that group's centre."""
        cosines = vectors @ self.centres.T
        inside = np.where(cosines >= self.bounds, cosines, -2.0)
        best = inside.argmax(axis=1)
        nearest = np.take_along_axis(inside, best[:, np.newaxis], axis=1)[:, 0]
        return np.where(nearest > -2.0, best, -1), np.where(nearest > -2.0, nearest, cosines.max(axis=1))


def find_cores(vectors: Floats) -> Cores:
    """The dense groups among unit vectors (n, d), n >= 1. Too few to tell apart, they are one group that takes all."""
    different = vectors[first_of_each(vectors)]
    labels = _labels(different)
    found = [different[labels == label] for label in range(labels.max() + 1)]
    if not found:
        return Cores(_centre(vectors)[np.newaxis], np.array([-1.0], np.float32))
    found = sorted(_merged(found), key=len, reverse=True)
    centres = np.stack([_centre(group) for group in found])
    inside = [group @ centre for group, centre in zip(found, centres, strict=True)]
    return Cores(centres, np.array([one.mean() - _WIDTH * one.std() - 1e-4 for one in inside], np.float32))


def _merged(found: list[Floats]) -> list[Floats]:
    while len(found) > 1:
        centres = np.stack([_centre(group) for group in found])
        cosines = centres @ centres.T - 2 * np.eye(len(found))
        one, other = sorted(np.unravel_index(int(cosines.argmax()), cosines.shape))
        if cosines[one, other] < _SAME:
            break
        found = [*found[:one], *found[one + 1 : other], *found[other + 1 :], np.concatenate([found[one], found[other]])]
    return found


def first_of_each(vectors: Floats) -> list[int]:
    """One of each lot of near-duplicates: otherwise fifty copies of a row would pass for a common theme."""
    alike = vectors @ vectors.T >= DUPLICATE
    left = np.ones(len(vectors), dtype=bool)
    first = []
    for place in range(len(vectors)):
        if left[place]:
            first.append(place)
            left &= ~alike[place]
    return first


def on_a_plane(vectors: Floats, centres: Floats) -> Floats:
    """(n, 2) in 0 to 1: unit vectors (n, d) along the two axes on which the centres of their groups lie furthest apart;
    on their own principal axes where there are fewer than three groups."""
    spread = centres - centres.mean(axis=0) if len(centres) > 2 else vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(spread[:_SPREAD], full_matrices=False)
    flat = np.zeros((len(vectors), 2), np.float32)
    flat[:, : len(axes[:2])] = vectors @ axes[:2].T
    low, high = flat.min(axis=0), flat.max(axis=0)
    return np.asarray((flat - low) / np.maximum(high - low, 1e-9), np.float32)


def _labels(vectors: Floats) -> Labels:
    """A group number for every vector, -1 for none."""
    # scikit-learn takes a second to import; only an assessment with gaps needs it.
    from sklearn.cluster import HDBSCAN, AgglomerativeClustering

    if len(vectors) < FEW:
        return np.full(len(vectors), -1)
    least = max(FEWEST, len(vectors) // 25)
    dense = HDBSCAN(min_cluster_size=least, min_samples=2, cluster_selection_method="leaf", copy=True)
    labels = np.asarray(dense.fit_predict(_principal(vectors)))
    if labels.max() >= 1:
        return labels
    even = AgglomerativeClustering(n_clusters=None, metric="cosine", linkage="average", distance_threshold=_DISTANCE)
    return _renumbered(np.asarray(even.fit_predict(vectors)), least)


def _principal(vectors: Floats) -> Floats:
    """(n, up to 10): distances between embeddings tell density apart only in few dimensions."""
    centred = vectors - vectors.mean(axis=0)
    # Subspace iteration: a full decomposition takes a second where others use the cores, this some milliseconds.
    basis = np.random.default_rng(0).normal(size=(vectors.shape[1], DIMENSIONS)).astype(np.float32)
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(centred.T @ (centred @ basis))[0]
    return np.asarray(centred @ basis)


def _renumbered(labels: Labels, least: int) -> Labels:
    """Groups of fewer than `least` become -1, the others 0, 1, ..."""
    kept = [label for label, n in enumerate(np.bincount(labels)) if n >= least]
    number = {label: place for place, label in enumerate(kept)}
    return np.array([number.get(label, -1) for label in labels])


def _centre(vectors: Floats) -> Floats:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)
