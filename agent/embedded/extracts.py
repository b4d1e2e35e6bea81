"""Excerpts: where in a row's input an answer lies that the row does not give, and how much text belongs to it."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from goalcover.agent.embedded.quotable import LEANS, Piece, with_support
from goalcover.agent.embedded.sentences import sentences
from goalcover.agent.models import Sample, digest
from goalcover.agent.synthesis import Column

LEAST_WORDS = 40
"""A shorter input is no material."""
_APART = 3
"""Sentences that may lie between two that go into one answer on a subject; those of a form may come from anywhere."""
_LEAST_EXCERPT = 0.45
"""Of the words that short inputs of the dataset have: what an excerpt must have."""
_EXCERPT = 0.6
"""Most of a source's words that an excerpt takes, so that the new row is not the old one over again."""
_ANSWER = 0.6
"""Most of an excerpt's words that an answer takes: one that repeats its input teaches nobody to find anything."""
_A_SENTENCE = 20
"""Words more than usual that an answer may have, so that a dataset of one-word answers takes a sentence."""
_ASKING = ("question", "instruction", "prompt", "query", "problem", "task")
_WORD = re.compile(r"\S+")
_ACRONYM = re.compile(r"\b[A-Z][A-Za-z0-9-]*[A-Z]\b")
TOO_LONG = "are longer than the dataset's answers"
ALONE = "stand too far apart, or in too short a text, for an answer with something around it"


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

    @property
    def asks(self) -> bool:
        """Whether a new row needs a question."""
        return bool(self.question_column) or not self.columns


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
    chosen: tuple[Piece, ...]
    """The sentences of the answer."""

    @property
    def answer(self) -> str:
        """The sentences as one text, in which they can be told apart again."""
        said = [one.text for one in self.chosen]
        line = " ".join(said)
        told_apart = [line[start:end] for start, end in sentences(line)] == said
        return line if told_apart else "\n\n".join(said)

    @property
    def id(self) -> str:
        """Names the same draft whenever it is made again."""
        return digest(self.source.sample.id, str(self.start), str(self.end))[:12]


@dataclass(frozen=True)
class Form:
    """What an answer has to show beside its subject, such as amounts of money."""

    shown: Callable[[str], set[str]]
    """Different showings in a text."""
    least: int
    """How many an answer must have. Of those in its excerpt it must have all: what it leaves out, it teaches to."""


PLAIN = Form(lambda _: set(), 0)


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
    source: Source, found: Sequence[Piece], wanted: Sequence[int], lengths: Lengths, most: int, form: Form
) -> tuple[list[Draft], Counter[str]]:
    """Excerpts that do not overlap, each round some wanted sentences that lie close together; and why others are none.

    `wanted` are places in `found`, the document's sentences; an answer takes `most` of them and what they lean on, or
    more until it shows enough of the form.
    """
    ground = _Ground(source, found, lengths, form)
    supported: dict[int, tuple[int, ...]] = {}
    left_out = Counter[str]()
    for place in wanted:
        places = with_support(found, place)
        if not places:
            left_out[found[place].flaw or LEANS] += 1
        elif ground.answer_words(places) > lengths.most_output:
            left_out[TOO_LONG] += 1
        else:
            supported[place] = places
    drafts: list[Draft] = []
    used, free = set[int](), 0
    for run in _runs(supported, ground, most):
        window = ground.excerpt(run, free)
        if window is not None:
            free = window[1] + 1
            used.update(run)
            chosen = tuple(found[place] for place in run)
            drafts.append(Draft(source, found[window[0]].start, found[window[1]].end, chosen))
    left_out[ALONE] += sum(place not in used for place in supported)
    return drafts, +left_out


class _Ground:
    """A document's sentences with their sizes and what they show."""

    def __init__(self, source: Source, found: Sequence[Piece], lengths: Lengths, form: Form) -> None:
        self.lengths = lengths
        self._found, self._form, self._source = found, form, source
        raw = [source.document[one.start : one.end] for one in found]
        self._words = [n_words(text) for text in raw]
        self._shown = [form.shown(text) for text in raw]
        self._most = min(lengths.most_input, int(_EXCERPT * sum(self._words)))

    def answer_words(self, places: Sequence[int]) -> int:
        return sum(n_words(self._found[place].text) for place in places)

    def is_parted(self, before: int, after: int) -> bool:
        """Whether two sentences cannot go together: too far apart, or what is shown between them cannot be told."""
        between = range(before + 1, after)
        if self._form is PLAIN:
            return len(between) >= _APART
        return any(self._shown[place] and self._found[place].flaw for place in between)

    def is_done(self, run: Sequence[int]) -> bool:
        """Whether sentences are long enough for an answer and show enough of the form."""
        shown = len(self._said(run))
        return self.answer_words(run) >= self.lengths.least_output and shown >= self._form.least

    def excerpt(self, run: Sequence[int], free: int) -> tuple[int, int] | None:
        """First and last sentence of an excerpt from `free` on; None when there is none that leaves something out."""
        said = self._said(run)
        first, last = min([run[0], *self._introductions(run)]), run[-1]
        needed = max(self.lengths.least_input, ceil(self.answer_words(run) / _ANSWER))

        def takes(place: int) -> bool:
            inside = self._size(min(place, first), max(place, last)) <= self._most
            return inside and free <= place < len(self._found) and self._shown[place] <= said

        if first < free or any(not self._shown[place] <= said for place in range(first, last + 1)):
            return None
        while not self._begins(first) and takes(first - 1):
            first -= 1
        while self._size(first, last) < needed or self._found[last].is_heading:
            if takes(last + 1):
                last += 1
            elif takes(first - 1):
                first -= 1
            else:
                return None
        fits = self._size(first, last) <= self._most and self._found[first].leans != "before"
        return (first, last) if fits else None

    def _said(self, run: Sequence[int]) -> set[str]:
        return set().union(*(self._form.shown(self._found[place].text) for place in run))

    def _size(self, first: int, last: int) -> int:
        return sum(self._words[first : last + 1])

    def _begins(self, place: int) -> bool:
        """Whether a reader can begin here: with a heading, or with a paragraph that does not look back."""
        before = self._found[place - 1] if place else None
        starts = before is None or (before.paragraph != self._found[place].paragraph and not before.is_heading)
        return starts and self._found[place].leans != "before"

    def _introductions(self, run: Sequence[int]) -> list[int]:
        """Places of the sentences that say what the abbreviations of an answer stand for."""
        short = {name for place in run for name in _ACRONYM.findall(self._found[place].text)}
        known = "\n".join(text for _, text in self._source.kept)
        return [
            next(place for place, one in enumerate(self._found) if f"({name})" in one.text)
            for name in short
            if f"({name})" not in known and any(f"({name})" in one.text for one in self._found)
        ]


def _runs(supported: dict[int, tuple[int, ...]], ground: _Ground, most: int) -> list[tuple[int, ...]]:
    """Wanted sentences and what they lean on, in the order of the text, as many together as an answer holds."""
    runs: list[tuple[int, ...]] = []
    run: tuple[int, ...] = ()
    for places in supported.values():
        longer = tuple(sorted({*run, *places}))
        full = len(run) >= most and ground.is_done(run)
        if run and (
            full or ground.is_parted(run[-1], places[0]) or ground.answer_words(longer) > ground.lengths.most_output
        ):
            runs.append(run)
            longer = places
        run = longer
    return [one for one in [*runs, run] if one and ground.is_done(one)]


def n_words(text: str) -> int:
    """Words between white space."""
    return sum(1 for _ in _WORD.finditer(text))
