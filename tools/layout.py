"""How this dataset writes a row, so that a new sample can be written the same way."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from goalcover.agent.models import Sample
from goalcover.agent.synthesis import Candidate, Column
from goalcover.tools.rendering import as_text, parse_json, to_json
from goalcover.tools.shapes import DIALOGUES, Plan, understand

_SPELLINGS = {"from": ("value", "human", "gpt"), "role": ("content", "user", "assistant")}

_MOST_VALUES, _VALUE_CHARACTERS = 20, 100
"""A column that holds more different texts, or longer ones, is no label."""
_A_VALUE = 10
"""Rows for each different text, at the least: in fewer nobody can tell that there are no others."""


@dataclass(frozen=True)
class Layout:
    """The form of a dataset's rows."""

    names: tuple[str, ...]
    """All columns, in order."""
    columns: tuple[Column, ...]
    """Those that hold text to fill; empty for dialogues."""
    id_column: str | None
    dialogue: tuple[str, str] | None
    """For dialogues: their column, and the key that names the speaker (`role` or `from`)."""
    is_mapped: bool

    def sample(self, candidate: Candidate, sample_id: str, number: int) -> Sample:
        """The candidate as an ordinary sample in the dataset's own form, its input and output as a loader reads them.

        What the dataset has beside the text (labels, topics) is None: nobody knows it of a new row.
        """
        row = self._row(candidate, sample_id)
        reading = "mapped" if self.is_mapped else understand(row)
        asked, answered = (candidate.input, candidate.output) if isinstance(reading, str) else reading[2:4]
        return Sample(id=sample_id, row=number, input=asked, output=answered, original=to_json(row))

    def edited(self, candidate: Candidate, asked: str, answered: str) -> Candidate:
        """The candidate with this input and output; empty: unchanged. Columns of an unchanged side stay as they are."""
        written = {"input": asked, "output": answered}
        texts = {"input": asked or candidate.input, "output": answered or candidate.output}
        columns = dict(candidate.columns)
        for side in (side for side, text in written.items() if text and columns):
            names = [one.name for one in self.columns if one.side == side]
            columns |= _rewritten({name: columns.get(name, "") for name in names}, written[side])
        return candidate.model_copy(update={**texts, "columns": columns})

    def _row(self, candidate: Candidate, sample_id: str) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys(self.names)
        if self.id_column is not None:
            row[self.id_column] = sample_id
        if self.dialogue is not None:
            column, speaker = self.dialogue
            said, user, assistant = _SPELLINGS[speaker]
            row[column] = [
                {speaker: user, said: candidate.input},
                {speaker: assistant, said: candidate.output},
            ]
        return row | self._texts(candidate)

    def _texts(self, candidate: Candidate) -> dict[str, str]:
        if candidate.columns:
            return {one.name: candidate.columns.get(one.name, "") for one in self.columns}
        texts = {one.name: "" for one in self.columns}
        for side, text in (("output", candidate.output), ("input", candidate.input)):
            first = next((one.name for one in self.columns if one.side == side), None)
            if first is not None:
                texts[first] = text
        return texts


def _rewritten(texts: Mapping[str, str], text: str) -> dict[str, str]:
    """The columns of a side that a person has rewritten: those before and after the one that changed are as they were.

    Where more than one has changed, nobody knows what belongs to which: all stands in the first.
    """
    filled = [name for name in texts if texts[name]]
    for place, name in enumerate(filled):
        before = "".join(f"{texts[one]}\n\n" for one in filled[:place])
        after = "".join(f"\n\n{texts[one]}" for one in filled[place + 1 :])
        middle = text[len(before) : len(text) - len(after)]
        if middle.strip() and text == f"{before}{middle}{after}":
            return {**texts, name: middle}
    return {name: text if place == 0 else "" for place, name in enumerate(texts)}


def layout_of(sample: Sample, *, mapped: bool = False) -> Layout:
    """The layout of the dataset that this sample is a typical row of; `mapped`: its columns were chosen by hand."""
    row: dict[str, Any] = parse_json(sample.original)
    reading = "mapped" if mapped else understand(row)
    dialogue = None if isinstance(reading, str) else _dialogue(row, reading.plan)
    if dialogue is not None:
        columns: tuple[Column, ...] = ()
    elif isinstance(reading, str):
        columns = tuple(_guessed(row, sample))
    else:
        columns = (*_columns(row, reading.plan, "input"), *_columns(row, reading.plan, "output"))
    own_id = next((name for name, value in row.items() if as_text(value) == sample.id), None)
    return Layout(tuple(row), columns, own_id, dialogue, is_mapped=isinstance(reading, str))


def with_values(layout: Layout, samples: Iterable[Sample]) -> Layout:
    """The layout of these samples, its columns with their texts where those are few and short, such as labels."""
    seen: dict[str, Counter[str]] = {one.name: Counter() for one in layout.columns}
    for sample in samples:
        if not seen:  # as of most datasets, after a few rows
            break
        row = parse_json(sample.original)
        for name, texts in list(seen.items()):
            text = row.get(name)
            if isinstance(text, str) and text.strip():
                texts[text.strip()] += 1
                if len(texts) > _MOST_VALUES or len(text) > _VALUE_CHARACTERS:
                    del seen[name]
    few = {name: tuple(sorted(texts)) for name, texts in seen.items() if texts.total() >= _A_VALUE * len(texts)}
    columns = tuple(one.model_copy(update={"values": few.get(one.name, ())}) for one in layout.columns)
    return replace(layout, columns=columns)


def _dialogue(row: Mapping[str, Any], plan: Plan) -> tuple[str, str] | None:
    column = next((name for name in plan.input[0] if row.get(name)), "")
    value = row.get(column)
    first = value[0] if plan.shape in DIALOGUES and isinstance(value, list) and value else None
    return (column, "from" if "from" in first else "role") if isinstance(first, dict) else None


def _columns(row: Mapping[str, Any], plan: Plan, side: Literal["input", "output"]) -> list[Column]:
    slots = plan.input if side == "input" else plan.output
    names = (next((name for name in slot if isinstance(row.get(name), str)), None) for slot in slots)
    return [Column(name=name, side=side) for name in names if name is not None]


def _guessed(row: Mapping[str, Any], sample: Sample) -> list[Column]:
    """By where the texts of a hand-made mapping are found."""
    texts = {name: value.strip() for name, value in row.items() if isinstance(value, str) and value.strip()}
    asked = [Column(name=name, side="input") for name, text in texts.items() if text in sample.input]
    taken = {one.name for one in asked}
    answered = [name for name, text in texts.items() if text in sample.output and name not in taken]
    return [*asked, *(Column(name=name, side="output") for name in answered)]
