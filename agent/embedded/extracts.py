"""Excerpts: where in a row's input an answer lies that the row does not give, and how much text belongs to it."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedded.sentences import sentences
from goalcover.agent.models import Sample, digest
from goalcover.agent.synthesis import Column

LEAST_WORDS = 40
"""A shorter input is no material."""
_APART = 3
"""Sentences that may lie between two that go into one answer."""
_LEAST_EXCERPT = 0.45
"""Of the words that short inputs of the dataset have: what an excerpt must have."""
_EXCERPT = 0.6
"""Most of a source's words that an excerpt takes, so that the new row is not the old one over again."""
_A_SENTENCE = 20
"""Words more than usual that an answer may have, so that a dataset of one-word answers takes a sentence."""
_ASKING = ("question", "instruction", "prompt", "query", "problem", "task")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Source:
    """A row, taken apart by its columns."""

    sample: Sample
    document: str
    """The longest column of the input: where new answers are taken from."""
    document_column: str
    question_column: str
    """Where the dataset asks; empty when it asks nowhere."""
    output_column: str
    kept: tuple[tuple[str, str], ...]
    """Other columns of the input, such as a title, which stay as they are."""
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Lengths:
    """Words that inputs and outputs have in this dataset."""

    least_input: int
    most_input: int
    least_output: int
    most_output: int


@dataclass(frozen=True)
class Draft:
    """A new row in the making."""

    source: Source
    start: int
    end: int
    """The excerpt: characters of the document."""
    chosen: tuple[str, ...]
    """The sentences of the answer."""

    @property
    def answer(self) -> str:
        """The sentences as one text, in which they can be told apart again."""
        line = " ".join(self.chosen)
        told_apart = tuple(line[start:end] for start, end in sentences(line)) == self.chosen
        return line if told_apart else "\n\n".join(self.chosen)

    @property
    def id(self) -> str:
        """Names the same draft whenever it is made again."""
        return digest(self.source.sample.id, str(self.start), str(self.end))[:12]


def source_of(sample: Sample, columns: Sequence[Column]) -> Source | None:
    """The row's columns by what they are for; None when its input is no material."""
    row = json.loads(sample.original) if columns else {"input": sample.input, "output": sample.output}
    sides = columns or (Column(name="input", side="input"), Column(name="output", side="output"))
    texts = [(one, row[one.name]) for one in sides if isinstance(row.get(one.name), str) and row[one.name].strip()]
    asked = [(one.name, text) for one, text in texts if one.side == "input"]
    answered = [(one.name, text) for one, text in texts if one.side == "output"]
    if not asked or not answered:
        return None
    column, document = max(asked, key=lambda one: len(one[1]))
    question = next((name for name, _ in asked if name != column and name.strip().lower() in _ASKING), "")
    kept = tuple((name, text) for name, text in asked if name not in (column, question))
    if n_words(document) < LEAST_WORDS or document not in sample.input:
        return None
    longest = max(answered, key=lambda one: len(one[1]))[0]
    return Source(sample, document, column, question, longest, kept, tuple(columns))


def lengths_of(samples: Sequence[Sample]) -> Lengths:
    """The usual lengths among the samples."""
    asked = [n_words(sample.input) for sample in samples] or [0]
    answered = [n_words(sample.output) for sample in samples if sample.output.strip()] or [0]
    low, high = np.quantile(asked, [0.05, 0.95])
    least, most = np.quantile(answered, [0.05, 0.95])
    return Lengths(max(LEAST_WORDS, int(low * _LEAST_EXCERPT)), int(high), int(least / 2), int(most) + _A_SENTENCE)


def windows(
    source: Source,
    cuts: Sequence[tuple[int, int]],
    wanted: Sequence[int],
    lengths: Lengths,
    most: int,
    shows_enough: Callable[[str], bool],
) -> Iterator[Draft]:
    """Excerpts that do not overlap, each round some wanted sentences that lie close together.

    `wanted` are places in `cuts`, the document's sentences; an answer takes `most` of them, or more until
    `shows_enough` says that its text does.
    """
    said = [source.document[start:end] for start, end in cuts]
    words = [n_words(text) for text in said]

    def is_enough(places: list[int]) -> bool:
        return shows_enough("\n".join(said[place] for place in places))

    free = 0
    for places in _runs(wanted, words, lengths, most, is_enough):
        window = _excerpt(places, words, lengths, free) if places[0] >= free else None
        if window is None:
            continue
        first, last = window
        free = last + 1
        inside = [place for place in wanted if first <= place <= last]
        answer = inside if sum(words[place] for place in inside) <= lengths.most_output else places
        yield Draft(source, cuts[first][0], cuts[last][1], tuple(said[place] for place in answer))


def _runs(
    wanted: Sequence[int], words: Sequence[int], lengths: Lengths, most: int, is_enough: Callable[[list[int]], bool]
) -> Iterator[list[int]]:
    """Wanted sentences in the order of the text, as many together as an answer of this dataset holds."""

    def is_done(run: list[int]) -> bool:
        return sum(words[one] for one in run) >= lengths.least_output and is_enough(run)

    run: list[int] = []
    for place in wanted:
        total = sum(words[one] for one in run)
        full = len(run) >= most and is_done(run)
        if run and (full or place - run[-1] > _APART or total + words[place] > lengths.most_output):
            if is_done(run):
                yield run
            run = []
        if words[place] <= lengths.most_output:
            run.append(place)
    if run and is_done(run):
        yield run


def _excerpt(places: Sequence[int], words: Sequence[int], lengths: Lengths, free: int) -> tuple[int, int] | None:
    """First and last sentence of the excerpt; None when the source is too short for one that leaves something out."""
    first, last = places[0], places[-1]
    needed = max(lengths.least_input, round(1.5 * sum(words[place] for place in places)))
    while sum(words[first : last + 1]) < needed:
        if last + 1 < len(words):
            last += 1
        elif first > free:
            first -= 1
        else:
            return None
    total = sum(words[first : last + 1])
    return (first, last) if total <= min(lengths.most_input, _EXCERPT * sum(words)) else None


def n_words(text: str) -> int:
    """Words between white space."""
    return sum(1 for _ in _WORD.finditer(text))
