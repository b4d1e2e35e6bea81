"""Checks on candidates by code, each with a reason that a person, or a generator, can act on."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.models import Sample, Subgoal
from goalcover.agent.synthesis import Column
from goalcover.tools.typeset import count

_SHORTER, _LONGER = 0.4, 1.5
"""How far a new text may lie below the 5th and above the 95th percentile of the dataset's lengths."""
_SLACK = 20
"""Words more, so that a dataset of one-word answers takes a sentence."""
_QUOTED_WORDS = 5
_LEAKED_WORDS = 7
_QUOTE = re.compile(r"[\"“]([^\"“”]{12,2000}?)[\"”]")
_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{1,40}\}\}|\[(?:insert|your|name|company|date|placeholder|todo|x{2,})\b[^\]\n]{0,40}\]"
    r"|<(?:insert|your|name|placeholder)\b[^>\n]{0,40}>|\blorem ipsum\b|\bTODO\b|\bX{4,}\b",
    re.IGNORECASE,
)
_LEAK = re.compile(
    r"\bas an ai (?:language )?model\b|\bhere (?:is|are) (?:\d+ |the |a )?(?:new )?(?:candidates?|training samples?)\b"
    r"|\b(?:missing capability|target subgoal|fine-tuning sample|training example|exemplars?|low-scoring)\b:?\s"
    r"|\b(?:system prompt|previous instructions)\b",
    re.IGNORECASE,
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_PERSONAL = {
    "an e-mail address": re.compile(r"\w[.+-]?@[\w-]{1,63}\.[\w.-]{0,190}[A-Za-z]{2,24}\b"),
    "a telephone number": re.compile(r"(?<![\w.-])(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])"),
    "a social security number": re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"),
    "an IBAN": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "an IP address": re.compile(rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\d.])"),
}
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")


@dataclass(frozen=True)
class Bounds:
    """Words that a new input and output may have, from the dataset's own."""

    input: tuple[int, int]
    output: tuple[int, int]
    has_placeholders: bool
    """Whether the dataset's own rows hold some."""
    has_outputs: bool
    """Whether any row has one: plain text has none."""


def bounds_of(samples: Iterable[Sample]) -> Bounds:
    """The bounds of a dataset."""
    asked, answered, placeholders = [], [], 0
    for sample in samples:
        asked.append(len(sample.input.split()))
        answered.append(len(sample.output.split()))
        placeholders += bool(_PLACEHOLDER.search(f"{sample.input}\n{sample.output}"))
    return Bounds(_range(asked), _range(answered), placeholders > 0.02 * len(asked), any(answered))


def problems(sample: Sample, subgoal: Subgoal, bounds: Bounds, sources: Sequence[Sample], prompt: str) -> Iterator[str]:
    """Why a candidate cannot be taken; nothing when it can.

    `sources` are the samples that it was made from, which may be quoted; `prompt` is what its generator was told.
    """
    text = f"{sample.input}\n{sample.output}"
    if not sample.input.strip() or (bounds.has_outputs and not sample.output.strip()):
        yield "it has no input or no output"
    yield from _length_problems(sample, bounds)
    if not bounds.has_placeholders and (found := _PLACEHOLDER.search(text)):
        yield f"it holds a placeholder: {found.group()[:40]}"
    if (found := _LEAK.search(text)) and not any(_LEAK.search(f"{one.input}\n{one.output}") for one in sources):
        yield f"it repeats words of the prompt: {found.group().strip()[:60]}"
    for told in (subgoal.description, prompt):
        if (span := _shared_run(told, text)) and not any(_holds(one, span) for one in sources):
            yield f"it repeats words of the prompt: {span[:80]}"
            break
    for quote in _QUOTE.findall(sample.output):
        if len(quote.split()) >= _QUOTED_WORDS and not _is_held(quote, sample, sources):
            yield f"it quotes what its source does not hold: “{quote[:80]}”"


def strays(texts: Mapping[str, str], columns: Iterable[Column]) -> Iterator[str]:
    """Columns whose text is none of the few that the dataset has there; one that was left empty says nothing."""
    for one in columns:
        text = texts.get(one.name, "").strip()
        if one.values and text and text not in one.values:
            yield f"its {one.name} is none of those in the dataset: {', '.join(one.values)[:160]}"


def personal_data(text: str) -> list[str]:
    """Kinds of personal data that the text seems to hold: flagged for a person to look at, not rejected."""
    found = [kind for kind, pattern in _PERSONAL.items() if pattern.search(text)]
    cards = (re.sub(r"\D", "", match.group()) for match in _CARD.finditer(text))
    return [*found, "a card number"] if any(map(_is_card, cards)) else found


def _length_problems(sample: Sample, bounds: Bounds) -> Iterator[str]:
    for side, text, (least, most) in (
        ("input", sample.input, bounds.input),
        ("output", sample.output, bounds.output),
    ):
        n = len(text.split())
        if not least <= n <= most:
            yield f"its {side} has {count(n, 'word')}, and the dataset's have {least:,} to {most:,}"


def _range(counts: list[int]) -> tuple[int, int]:
    if not counts:
        return 0, _SLACK
    low, high = np.quantile(counts, [0.05, 0.95])
    return int(low * _SHORTER), int(max(high * _LONGER, high + _SLACK))


def _shared_run(told: str, text: str) -> str:
    """The first run of seven words of what was told that the text holds."""
    words, plain = _plain(told).split(), _plain(text)
    runs = (" ".join(words[place : place + _LEAKED_WORDS]) for place in range(len(words) - _LEAKED_WORDS + 1))
    return next((run for run in runs if run in plain), "")


def _holds(source: Sample, span: str) -> bool:
    return span in _plain(f"{source.input}\n{source.output}")


def _is_held(quote: str, sample: Sample, sources: Sequence[Sample]) -> bool:
    wanted = _plain(quote).strip(" .,;:!?")
    return wanted in _plain(sample.input) or any(_holds(one, wanted) for one in sources)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_card(digits: str) -> bool:
    """Luhn's check digit."""
    doubled = [int(one) * (2 if place % 2 else 1) for place, one in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
