"""Broken outputs: empty, cut off, or another input's. Told by what is usual in the data, so without any threshold of
length or style: where many good rows look like that, it is no sign of anything, and none is called broken."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedder import Embedder, Floats
from goalcover.agent.models import Fault, Sample
from goalcover.tools.lows import evenly

Mask = npt.NDArray[np.bool_]

USUAL = 0.8
"""Share of the data's outputs that has to end properly before one that does not is called cut off."""
LEAST_FILLED = 0.5
STRANGE = 0.1
"""Share of other samples that have to be nearer, in both directions, before an output is called another input's."""
CLEARLY = 0.15
"""Cosine by which an output has to be nearer to another input than to its own: answers that could stand for one
another, as those of a support desk, differ by less."""
ALIKE = 0.7
"""Cosine from which inputs, and outputs, are alike: where a like input has a like answer, nothing is swapped."""
MOST_STRANGE = 0.5
LOOSE, LEAST_FAR = 0.2, 0.15
"""Where more than half of the data's outputs are strange, or a fifth and nearly all of them just past `STRANGE`, that
is the data's own way: of swapped outputs, which stand anywhere, at least `LEAST_FAR` stand in the farther half."""
_FAR = 0.5
_LONG = 40
"""Characters below which an output is a label or a name, which ends without a full stop and is about nothing."""
_SYMBOLS = re.compile(r"[{}\[\]()<>$=;_\\/|#*]|\n\s+")
_FEW_SYMBOLS = 0.02
_OFTEN = 0.05
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_QUOTED = re.compile(r""" "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' """, re.VERBOSE)
_OTHERS = 40
"""Others that a sample is compared with: as many that touch the subgoal too, and as many of all kinds."""
_FEWEST = 20
_MOST_PASSAGES = 24
_SAME = 0.999
_EQUAL = 1e-5


@dataclass(frozen=True)
class Pair:
    """A sample's input and output, read."""

    passages: Floats
    """(passages, 384): of a long input evenly spaced ones."""
    output: Floats
    """(384,): what the output begins with."""


class Pairs:
    """Reads samples for `faults`, each once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._read: dict[str, Pair] = {}

    def of(self, samples: Sequence[Sample]) -> dict[str, Pair]:
        """By sample id; without samples whose input is empty, or whose output is but a label."""
        new = [one for one in samples if one.id not in self._read]
        cut = {one.id: [*_inputs(one), *passages(one.output)[:1]] for one in new if _is_pair(one)}
        vectors = self._embedder.vectors([text for texts in cut.values() for text in texts])
        start = 0
        for sample_id, texts in cut.items():
            end = start + len(texts)
            self._read[sample_id] = Pair(vectors[start : end - 1], vectors[end - 1])
            start = end
        return {one.id: self._read[one.id] for one in samples if one.id in self._read}


def faults(suspects: Sequence[Sample], usual: Sequence[Sample], pairs: Pairs) -> dict[str, Fault]:
    """The broken outputs among the suspects, by sample id. `usual` are samples of all kinds: what is normal here."""
    found: dict[str, Fault] = {}
    filled = [sample for sample in usual if sample.output.strip()]
    if len(filled) >= LEAST_FILLED * len(usual):
        found |= {sample.id: "empty" for sample in suspects if not sample.output.strip()}
    last = _last_words([one.output for one in filled if _is_prose(one.output)])
    for ends in (partial(_ends_as_prose, last=last), _ends_as_code):
        usually = [end for one in filled if (end := ends(one.output)) is not None]
        if usually and np.mean(usually) >= USUAL:
            found |= {one.id: "cut off" for one in suspects if ends(one.output) is False}
    return found | dict.fromkeys(_strange(pairs.of(suspects), pairs.of(usual)), "another input's")


def nearer_share(pairs: Sequence[Pair]) -> Floats:
    """(pairs,): the share of the others whose output is nearer to a pair's input than its own is; 0.5 by chance."""
    inputs, _ = _closer(pairs, pairs)
    return np.asarray((inputs > _EQUAL).sum(axis=1) / max(len(pairs) - 1, 1))


def _last_words(outputs: Sequence[str]) -> frozenset[str]:
    """What many end with, such as a verdict after the answer."""
    counted = Counter(text.split()[-1] for text in outputs)
    return frozenset(word for word, n in counted.items() if n >= max(_OFTEN * len(outputs), 2))


def _ends_as_prose(text: str, last: frozenset[str]) -> bool | None:
    """With anything but a letter of a script that has stops, or as many others do; None for labels, for code, and for a
    letter with a signature. Capitals tell such a script: Hindi, Thai or Chinese have none."""
    if len(text) < _LONG or not _is_prose(text):
        return None
    *above, last_line = text.rstrip().split("\n")
    end = last_line[-1]
    if not (end.islower() or end.isupper() or end == ",") or text.split()[-1] in last:
        return True
    return None if above and len(last_line) < _LONG else False


def _ends_as_code(text: str) -> bool | None:
    """With every bracket closed; None for labels and for prose."""
    if len(text) < _LONG or _is_prose(text):
        return None
    bare = _QUOTED.sub("", text)
    return all(bare.count(opened) <= bare.count(closed) for opened, closed in _BRACKETS)


def _is_prose(text: str) -> bool:
    return len(_SYMBOLS.findall(text)) <= _FEW_SYMBOLS * len(text)


def _is_pair(sample: Sample) -> bool:
    return bool(sample.input.strip()) and len(sample.output.strip()) >= _LONG


def _inputs(sample: Sample) -> Iterator[str]:
    cut = passages(sample.input)
    return (cut[place] for place in evenly(len(cut), _MOST_PASSAGES))


def _strange(suspects: Mapping[str, Pair], usual: Mapping[str, Pair]) -> list[str]:
    """Ids of suspects whose input has nearer outputs, and whose output nearer inputs, among those of other samples."""
    others = [*_some(suspects), *_some(usual)]
    if not suspects or not usual or len(others) < _FEWEST:
        return []
    strangeness = _strangeness(list(usual.values()), others)
    far, strange = float(np.mean(strangeness > _FAR)), float(np.mean(strangeness > STRANGE))
    if strange > MOST_STRANGE or (strange > LOOSE and far < LEAST_FAR * strange):
        return []
    held = list(suspects.values())
    found = (_strangeness(held, others) > STRANGE) & _is_elsewhere(held, others) & ~_is_repeated(held)
    return [sample_id for sample_id, is_strange in zip(suspects, found, strict=True) if is_strange]


def _strangeness(pairs: Sequence[Pair], others: Sequence[Pair]) -> Floats:
    """(pairs,): the share of others whose output is nearer to a pair's input than its own output is, or the share whose
    input is nearer to its output: the smaller one. An input is as near as the best of its passages."""
    inputs, outputs = _closer(pairs, others)
    return np.asarray(np.minimum((inputs > _EQUAL).mean(axis=1), (outputs > _EQUAL).mean(axis=1)))


def _is_elsewhere(pairs: Sequence[Pair], others: Sequence[Pair]) -> Mask:
    """(pairs,): whether some other output is clearly nearer to a pair's input, and some other input to its output."""
    inputs, outputs = _closer(pairs, others)
    return np.asarray(np.minimum(inputs.max(axis=1), outputs.max(axis=1)) >= CLEARLY)


def _is_repeated(pairs: Sequence[Pair]) -> Mask:
    """(pairs,): whether another one has a like input and a like output; the very same row is no other one."""
    inputs = np.stack([one.passages.mean(axis=0) for one in pairs])
    inputs /= np.maximum(np.linalg.norm(inputs, axis=1, keepdims=True), 1e-9)
    outputs = np.stack([one.output for one in pairs])
    least = np.minimum(inputs @ inputs.T, outputs @ outputs.T)
    return np.asarray(((least >= ALIKE) & (least < _SAME)).any(axis=1))


def _closer(pairs: Sequence[Pair], others: Sequence[Pair]) -> tuple[Floats, Floats]:
    """Both (pairs, others): by how much another's output is nearer to a pair's input than its own output is, and
    another's input to its output."""
    own = np.array([[(one.passages @ one.output).max()] for one in pairs])
    inputs = _best([one.passages for one in pairs], [one.output for one in others])
    outputs = _best([one.passages for one in others], [one.output for one in pairs]).T
    return inputs - own, outputs - own


def _best(inputs: Sequence[Floats], outputs: Sequence[Floats]) -> Floats:
    """(inputs, outputs): cosine of an output and the passage that comes closest to it."""
    lengths = np.array([len(one) for one in inputs])
    return np.asarray(
        np.maximum.reduceat(np.concatenate(inputs) @ np.stack(outputs).T, np.cumsum(lengths) - lengths, axis=0)
    )


def _some(pairs: Mapping[str, Pair]) -> list[Pair]:
    held = list(pairs.values())
    return [held[place] for place in evenly(len(held), _OTHERS)]
