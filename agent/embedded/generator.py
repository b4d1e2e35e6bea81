"""The embedded generator: new samples out of the person's own material, never a fact that is not there (section 3.5).

A row whose input holds what the subgoal asks for while its answer leaves it out becomes a new row: an excerpt of that
input, a question about what the excerpt says, and the sentences that say it, verbatim, as the answer.
"""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import zip_longest

import numpy as np
from goalcover.agent.embedded.cues import Cue, cue_of
from goalcover.agent.embedded.evidence import Query, Reader
from goalcover.agent.embedded.extracts import LEAST_WORDS, Draft, Lengths, Source, lengths_of, source_of, windows
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.phrases import joined
from goalcover.agent.embedded.sentences import sentences
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.embedder import MODEL, Embedder
from goalcover.agent.models import Subgoal, digest
from goalcover.agent.synthesis import Brief, Candidate, Difficulty, Generated

VERSION = "1"
HOLDS = 2.5
"""Standard deviations by which a passage stands out for the subgoal, among all topics, to hold what it asks for."""
_SENTENCES: dict[Difficulty, int] = {"basic": 2, "intermediate": 3, "advanced": 5}
FORM = "a question about what a text says"
_QUESTIONS = (
    "What does the text say about {0}?",
    "According to the text, what is known about {0}?",
    "Summarize what the text reports about {0}.",
)


class EmbeddedGenerator:
    """The generator without a language model."""

    def __init__(self, embedder: Embedder) -> None:
        self._reader = Reader(embedder)
        self._known: dict[tuple[str, str], list[int]] = {}
        """(subgoal, sample) -> places of the telling sentences: the briefs of a request share their sources."""

    @property
    def id(self) -> str:
        """Engine, model and version."""
        return f"embedded/{MODEL}/extract-{VERSION}"

    async def generate(self, subgoal: Subgoal, brief: Brief, n: int) -> Generated:
        """See `roles.Generator`. Works in a thread, so that whoever waits for it can go on."""
        return await asyncio.to_thread(self._generate, subgoal, brief, n)

    def _generate(self, subgoal: Subgoal, brief: Brief, n: int) -> Generated:
        sources = [source for sample in brief.sources if (source := source_of(sample, brief.columns))]
        lengths = lengths_of(brief.sources)
        by_source = list(self._drafts(subgoal, sources, lengths, _SENTENCES[brief.difficulty]))
        made = set(brief.made)
        # One of every source before a second of any.
        drafts = [one for lot in zip_longest(*by_source) for one in lot if one is not None and one.id not in made]
        asked = _questions(drafts[:n])
        candidates = tuple(
            _candidate(draft, question, brief) for draft, question in zip(drafts[:n], asked, strict=True)
        )
        shortfall = "" if len(candidates) >= n else _shortfall(subgoal, brief, sources, by_source)
        return Generated(candidates=candidates, shortfall=shortfall)

    def _drafts(
        self, subgoal: Subgoal, sources: Sequence[Source], lengths: Lengths, most: int
    ) -> Iterator[list[Draft]]:
        cue = cue_of(subgoal)
        query = None if cue else self._reader.queries([subgoal])[0]
        for source in sources:
            cuts = sentences(source.document)
            wanted = _showing(source, cuts, cue) if cue else self._telling(source, cuts, query)
            yield list(windows(source, cuts, wanted, lengths, most, partial(_shows_enough, cue)))

    def _telling(self, source: Source, cuts: Sequence[tuple[int, int]], query: Query | None) -> list[int]:
        """Places of the sentences that lie in passages which stand out for the subgoal, and that the answer lacks."""
        assert query is not None
        key = query.subgoal.digest, digest(source.document, source.sample.digest)
        if key not in self._known:
            self._known[key] = self._read(source, cuts, query)
        return self._known[key]

    def _read(self, source: Source, cuts: Sequence[tuple[int, int]], query: Query) -> list[int]:
        text = source.sample.input
        parts = passages(text)
        vectors = self._reader.texts([source.sample.model_copy(update={"output": ""})])[0].vectors
        topics = vectors @ self._reader.topics.T
        spread = np.maximum(topics.std(axis=1), 1e-6)
        outstanding = (vectors @ query.statement - topics.mean(axis=1)) / spread >= HOLDS
        offset, position, spans = text.find(source.document), 0, []
        for part, stands_out in zip(parts, outstanding, strict=True):
            position = text.find(part, position)
            if stands_out:
                spans.append((position - offset, position + len(part) - offset))
        inside = [place for place, (start, end) in enumerate(cuts) if _mostly_in(start, end, spans)]
        return _unsaid(source, cuts, inside)


def _showing(source: Source, cuts: Sequence[tuple[int, int]], cue: Cue) -> list[int]:
    """Places of the sentences that show the form, with a showing that the answer lacks."""
    said = _shown(cue, source.sample.output)
    showing = [place for place, (start, end) in enumerate(cuts) if _shown(cue, source.document[start:end]) - said]
    return _unsaid(source, cuts, showing)


def _shows_enough(cue: Cue | None, text: str) -> bool:
    """A form has to be shown as often as level 4 asks."""
    return cue is None or len(_shown(cue, text)) >= cue.steps[1]


def _shown(cue: Cue, text: str) -> set[str]:
    return {_plain(match.group()) for match in cue.shown.finditer(text)}


def _unsaid(source: Source, cuts: Sequence[tuple[int, int]], places: Sequence[int]) -> list[int]:
    answer = _plain(source.sample.output)
    return [place for place in places if _plain(source.document[slice(*cuts[place])]) not in answer]


def _mostly_in(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    inside = sum(max(0, min(end, last) - max(start, first)) for first, last in spans)
    return 2 * inside >= end - start


def _questions(drafts: Sequence[Draft]) -> list[str]:
    """For each draft a question about what its sentences speak of, in their own words, unlike the other drafts'."""
    terms = key_terms([[" ".join(draft.chosen)] for draft in drafts], most=2)
    asked = []
    for draft, found in zip(drafts, terms, strict=True):
        about = [term for term, _ in found]
        form = _QUESTIONS[int(draft.id, 16) % len(_QUESTIONS)]
        asked.append(form.format(joined(about)) if about else "What does the text say?")
    return asked


def _candidate(draft: Draft, question: str, brief: Brief) -> Candidate:
    source = draft.source
    excerpt, answer = source.document[draft.start : draft.end], draft.answer
    texts = {**dict(source.kept), source.document_column: excerpt, source.output_column: answer}
    if source.question_column:
        texts[source.question_column] = question
    elif not source.columns:
        texts[source.document_column] = f"{question}\n\n{excerpt}"
    inputs = [one.name for one in source.columns if one.side == "input"] or [source.document_column]
    return Candidate(
        id=draft.id,
        input="\n\n".join(texts[name] for name in inputs if texts.get(name)),
        output=answer,
        columns={one.name: texts.get(one.name, "") for one in source.columns},
        capability=brief.capability,
        difficulty=_difficulty(len(draft.chosen)),
        form=FORM if source.question_column or not source.columns else "",
        parents=(source.sample.id,),
    )


def _difficulty(n_sentences: int) -> Difficulty:
    """By how much there is to find."""
    return next((name for name, most in _SENTENCES.items() if n_sentences <= most), "advanced")


def _shortfall(subgoal: Subgoal, brief: Brief, sources: Sequence[Source], by_source: Sequence[Sequence[Draft]]) -> str:
    cue = cue_of(subgoal)
    what = cue.noun if cue else f"something on {subgoal.name}"
    holding, n = sum(bool(lot) for lot in by_source), sum(map(len, by_source))
    return (
        f"Of {len(brief.sources):,} samples, {len(sources):,} have an input of at least {LEAST_WORDS} words, and in "
        f"{holding:,} of these it holds {what} that the answer leaves out, close enough together for an answer: that "
        f"makes {n:,} candidates. The embedded engine invents nothing: for more, add material, or configure a model."
    )


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
