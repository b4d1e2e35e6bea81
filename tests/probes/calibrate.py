"""Learns the embedded judge's calibration from the probes in this folder and from the demo: `make calibrate`.

Two files are written: `agent/embedded/projection.npy` (the axes that word vectors are kept on) and
`agent/embedded/calibration.json` (what each piece of evidence is worth, and where the levels begin). One mapping for
all datasets. The labelled rows of real datasets under tests/real/labels are never read here: they are the test.
"""

import csv
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from goalcover.agent.embedded.evidence import Evidence, Reader
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.statement import statement
from goalcover.agent.embedder import WORD_DIMENSIONS, Embedder, Encoder
from goalcover.agent.models import Goal, Sample
from goalcover.agent.vectors import VectorCache
from goalcover.memory.goals import load_goal
from goalcover.tools.load import open_dataset
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, roc_auc_score

HERE = Path(__file__).parent
EMBEDDED = HERE.parents[1] / "agent" / "embedded"
DEMO = HERE.parents[1] / "tools" / "demo"
LEVELS = (1, 2, 3, 4, 5)
STRENGTH = 0.5
"""Inverse regularisation of the ordinal regression; 0.1 to 5 judge alike."""
ORDER_WEIGHT = 0.75
"""What ranking by level alone is worth against agreement with the labels, when the cuts are chosen."""
COUNT_WEIGHT = 0.3
"""And what the right number of supporting samples is worth: the gap rule counts them."""
LEAST_STEP = 0.45
"""Between two cuts, so that every level is in use."""

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """One domain's pairs: evidence (n, 4), levels (n,) and the subgoal's number (n,)."""

    evidence: Floats
    levels: Levels
    subgoals: Levels


def load(domain: str) -> tuple[Goal, list[Sample], dict[tuple[str, str], int]]:
    """A domain's goal, samples, and levels by (sample id, subgoal id)."""
    if domain == "demo":
        return (
            load_goal(DEMO / "goal.yaml"),
            list(open_dataset(str(DEMO / "support.jsonl"))),
            load_labels(DEMO / "labels.csv"),
        )
    samples = list(open_dataset(str(HERE / f"{domain}.jsonl"), mapping="input=input,output=output"))
    return load_goal(HERE / f"{domain}.goal.yaml"), samples, load_labels(HERE / f"{domain}.labels.csv")


def load_labels(path: Path) -> dict[tuple[str, str], int]:
    """Levels by (sample id, subgoal id)."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {(row["sample_id"], row["subgoal_id"]): int(row["level"]) for row in csv.DictReader(lines)}


def table(reader: Reader, domain: str) -> Table:
    """Evidence and labels of every pair of a domain whose subgoal is a topic rather than a form."""
    goal, samples, labels = load(domain)
    asked = [subgoal for subgoal in goal.subgoals if subgoal.scope == "some"]
    queries = reader.queries(asked)
    found = [[one.evidence for one in reader.compare(text, queries)] for text in reader.texts(samples)]
    levels = [[labels[sample.id, subgoal.id] for subgoal in asked] for sample in samples]
    numbers = np.tile(np.arange(len(asked)), len(samples))
    return Table(np.array(found).reshape(-1, len(Evidence._fields)), np.array(levels).reshape(-1), numbers)


def fit(tables: list[Table]) -> tuple[Floats, Floats]:
    """Weights (4,) and thresholds (5,) of a proportional-odds model, every domain counting the same."""
    evidence = np.concatenate([one.evidence for one in tables])
    levels = np.concatenate([one.levels for one in tables])
    importance = np.concatenate([np.full(len(one.levels), 400 / len(one.levels)) for one in tables])
    mean, scale = evidence.mean(axis=0), evidence.std(axis=0)
    scaled = (evidence - mean) / scale
    # One binary question for each level, "is it at least this?", with shared weights and a threshold of its own.
    stacked = np.concatenate(
        [np.hstack([scaled, np.tile(np.eye(5)[level - 1] * 3, (len(scaled), 1))]) for level in LEVELS]
    )
    answers = np.concatenate([levels >= level for level in LEVELS])
    model = LogisticRegression(C=STRENGTH, max_iter=5000, fit_intercept=False)
    model.fit(stacked, answers, sample_weight=np.tile(importance, 5))
    weights = model.coef_[0][: evidence.shape[1]] / scale
    return weights, -3 * model.coef_[0][evidence.shape[1] :] + float(weights @ mean)


def measure(one: Table, evidence: Floats, cuts: Floats) -> Floats:
    """Mean AUROC over subgoals (level 3 or more against less), the same by level alone, quadratic kappa, and by how
    much too many or too few samples are said to support a subgoal (|log ratio| of the counts at level 4 and 5)."""
    levels = np.searchsorted(cuts, evidence, side="right")
    rows = [one.subgoals == number for number in set(one.subgoals)]
    rows = [row for row in rows if 0 < (one.levels[row] >= 3).sum() < row.sum()]
    return np.array(
        [
            np.mean([roc_auc_score(one.levels[row] >= 3, evidence[row]) for row in rows]),
            np.mean([roc_auc_score(one.levels[row] >= 3, levels[row]) for row in rows]),
            cohen_kappa_score(one.levels, levels, weights="quadratic"),
            abs(np.log(((levels >= 4).sum() + 1) / ((one.levels >= 4).sum() + 1))),
        ]
    )


def choose_cuts(tables: list[Table], evidence: list[Floats], start: Floats) -> Floats:
    """The five cuts that agree best with labels of domains that the weights have not seen."""

    def quality(cuts: Floats) -> float:
        figures = np.mean([measure(one, seen, cuts) for one, seen in zip(tables, evidence, strict=True)], axis=0)
        return float(figures[2] + ORDER_WEIGHT * figures[1] - COUNT_WEIGHT * figures[3])

    # Support, the fourth cut, decides on gaps: it is chosen first, the others around it.
    best = max(np.arange(-1.0, 1.0, 0.1), key=lambda shift: quality(_apart(start + shift)))
    cuts = _apart(start + best)
    for place in (0, 1, 4):
        tried = [
            _apart(np.concatenate([cuts[:place], [cut], cuts[place + 1 :]]))
            for cut in cuts[place] + np.linspace(-1.5, 1.5, 31)
        ]
        cuts = max(tried, key=quality)
    return cuts


def _apart(cuts: Floats) -> Floats:
    """The cuts with at least LEAST_STEP between them; the fourth stays where it is."""
    made = cuts.copy()
    for place in (2, 1, 0):
        made[place] = min(made[place], made[place + 1] - LEAST_STEP)
    made[4] = max(made[4], made[3] + LEAST_STEP)
    return made


def learn_projection(domains: list[str]) -> None:
    """Mean and principal axes of the word vectors of all probes."""
    texts: list[str] = []
    for domain in domains:
        goal, samples, _ = load(domain)
        texts += [statement(subgoal) for subgoal in goal.subgoals]
        texts += [
            " ".join(one.split())
            for sample in samples
            for part in (sample.input, sample.output)
            for one in passages(part)
        ]
    vectors = np.concatenate([words for *_, words in Encoder().encode(texts)]).astype(np.float64)
    mean = vectors.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((vectors - mean).T))
    axes = axes[:, ::-1][:, :WORD_DIMENSIONS].T
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    np.save(EMBEDDED / "projection.npy", np.vstack([mean, axes]).astype(np.float16))


def main() -> None:
    """Learns both files and prints how well the judge does on each domain when it is left out."""
    domains = [*sorted(path.name.removesuffix(".goal.yaml") for path in HERE.glob("*.goal.yaml")), "demo"]
    if "--projection" in sys.argv:
        learn_projection(domains)
    with tempfile.TemporaryDirectory() as folder, VectorCache(Path(folder) / "vectors.sqlite") as cache:
        reader = Reader(Embedder(cache))
        tables = [table(reader, domain) for domain in domains]
    unseen = []
    for number, one in enumerate(tables):
        weights, thresholds = fit(tables[:number] + tables[number + 1 :])
        unseen.append(one.evidence @ weights - thresholds[2])
    weights, thresholds = fit(tables)
    cuts = choose_cuts(tables, unseen, thresholds - thresholds[2])
    for domain, one, evidence in zip(domains, tables, unseen, strict=True):
        print(
            f"{domain:12s} AUROC {{:.3f}}  by level {{:.3f}}  kappa {{:.3f}}  count off {{:.2f}}".format(
                *measure(one, evidence, cuts)
            )
        )
    figures = np.mean([measure(one, seen, cuts) for one, seen in zip(tables, unseen, strict=True)], axis=0)
    print("mean         AUROC {:.3f}  by level {:.3f}  kappa {:.3f}  count off {:.2f}".format(*figures))
    calibration = {
        "learnt_on": f"{sum(len(one.levels) for one in tables)} pairs: tests/probes and tools/demo",
        "weights": dict(zip(Evidence._fields, np.round(weights, 3).tolist(), strict=True)),
        "cuts": np.round(cuts + thresholds[2], 3).tolist(),
    }
    (EMBEDDED / "calibration.json").write_text(json.dumps(calibration, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
