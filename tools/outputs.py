"""Broken outputs: empty, cut off, or another input's. Told by what is usual in the data, so without any threshold of
length or style: where many good rows look like that, it is no sign of anything, and none is called broken."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from goalcover.agent.embedder import Floats
from goalcover.agent.models import Sample

Fault = Literal["empty", "cut off", "another input's"]

USUAL = 0.8
"""Share of the data's outputs that has to end properly before one that does not is called cut off."""
LEAST_FILLED = 0.5
MOST_STRANGE = 0.2
"""Share of outputs that may be strange to their input before that is called the data's own way."""
_ENDS = tuple(".!?…:;)]}>\"'`”’»*|-=~。！？")
_LONG = 40
"""Characters below which an output is a label or a name, which ends without a full stop and is about nothing."""
_SYMBOLS = re.compile(r"[{}\[\]()<>$=;_\\/|#*]|\n\s+")
_FEW_SYMBOLS = 0.02
_OTHERS = 50
_FEWEST = 8


@dataclass(frozen=True)
class Openings:
    """What a sample's input and output begin with, as vectors (384,); None where there is no text."""

    input: Floats | None
    output: Floats | None


def faults(suspects: Sequence[Sample], usual: Sequence[Sample], openings: Mapping[str, Openings]) -> dict[str, Fault]:
    """The broken outputs among the suspects, by sample id. `usual` are samples of all kinds: what is normal here."""
    found: dict[str, Fault] = {}
    filled = [sample for sample in usual if sample.output.strip()]
    if len(filled) >= LEAST_FILLED * len(usual):
        found |= {sample.id: "empty" for sample in suspects if not sample.output.strip()}
    ends = [_ends(sample.output) for sample in filled if _is_prose(sample.output)]
    if ends and np.mean(ends) >= USUAL:
        found |= {one.id: "cut off" for one in suspects if _is_prose(one.output) and not _ends(one.output)}
    strange = _strange(suspects, suspects, openings)
    if _share(_strange(usual, usual, openings)) <= MOST_STRANGE:
        found |= {sample_id: "another input's" for sample_id, is_strange in strange.items() if is_strange}
    return found


def _is_prose(text: str) -> bool:
    """Code ends as it likes."""
    return len(text) >= _LONG and len(_SYMBOLS.findall(text)) <= _FEW_SYMBOLS * len(text)


def _ends(text: str) -> bool:
    return text.rstrip().endswith(_ENDS)


def _strange(samples: Sequence[Sample], peers: Sequence[Sample], openings: Mapping[str, Openings]) -> dict[str, bool]:
    """Whether a sample's output is no closer to its input than half of its peers' outputs are."""
    outputs = [openings[one.id].output for one in _evenly(peers, _OTHERS) if len(one.output) >= _LONG]
    others = [one for one in outputs if one is not None]
    if len(others) < _FEWEST:
        return {}
    stacked = np.stack(others)
    found = {}
    for sample in samples:
        both = openings[sample.id]
        if both.input is not None and both.output is not None and len(sample.output) >= _LONG:
            found[sample.id] = bool(both.output @ both.input < np.median(stacked @ both.input))
    return found


def _share(found: Mapping[str, bool]) -> float:
    return sum(found.values()) / max(len(found), 1)


def _evenly(samples: Sequence[Sample], most: int) -> list[Sample]:
    n = min(len(samples), most)
    return [samples[place * len(samples) // n] for place in range(n)]
