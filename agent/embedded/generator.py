"""The embedded generator: new samples out of the person's own material, never a fact that is not there (section 3.5).

A row whose input holds what the subgoal asks for while its answer leaves it out becomes a new row: an excerpt of that
input, a question about what the excerpt says, and the sentences that say it, verbatim, as the answer.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import zip_longest

import numpy as np
from goalcover.agent.embedded.cues import Cue, cue_of
from goalcover.agent.embedded.evidence import Reader
from goalcover.agent.embedded.extracts import (
    LEAST_WORDS,
    PLAIN,
    Draft,
    Form,
    Lengths,
    Source,
    lengths_of,
    source_of,
    windows,
)
from goalcover.agent.embedded.passages import passages
from goalcover.agent.embedded.questions import NAMELESS, asked
from goalcover.agent.embedded.quotable import Piece, pieces
from goalcover.agent.embedder import MODEL, Embedder
from goalcover.agent.models import Subgoal, digest
from goalcover.agent.synthesis import Brief, Candidate, Difficulty, Generated

VERSION = "3"
HOLDS = 2.5
"""Standard deviations by which a passage stands out for the subgoal, among all topics, to hold what it asks for."""
_SENTENCES: dict[Difficulty, int] = {"basic": 2, "intermediate": 3, "advanced": 5}
FORM = "a question about what a text says"
_KEPT = 20_000
"""Sources whose drafts are kept: each holds its sample, and a server lives long."""
_Key = tuple[str, str, Lengths]
_Found = tuple[list[Piece], list[int]]
"""A document's sentences, and places of those that are wanted."""
_Lot = tuple[list[tuple[str, Draft]], Counter[str]]
"""What a source gives, each with its question if one is needed, and why its other sentences give nothing."""


class EmbeddedGenerator:
    """The generator without a language model."""

    def __init__(self, embedder: Embedder) -> None:
        self._reader = Reader(embedder)
        self._known: dict[_Key, _Lot] = {}
        """What sources gave: the briefs of a request share theirs."""

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
        lots = self._lots(subgoal, sources, lengths)
        made = set(brief.made)
        # One of every source before a second of any.
        drafts = [one for lot in zip_longest(*(drafts for drafts, _ in lots)) for one in lot if one is not None]
        new = [(question, draft) for question, draft in drafts if draft.id not in made]
        new.sort(key=lambda one: _difficulty(len(one[1].chosen)) != brief.difficulty)
        candidates = tuple(_candidate(draft, question, brief) for question, draft in new[:n])
        shortfall = "" if len(candidates) >= n else _shortfall(subgoal, brief, lots)
        return Generated(candidates=candidates, shortfall=shortfall)

    def _lots(self, subgoal: Subgoal, sources: Sequence[Source], lengths: Lengths) -> list[_Lot]:
        """All that the sources give, for whatever brief: excerpts that are made once do not overlap."""
        if len(self._known) > _KEPT:
            self._known = {}
        known = self._known  # another thread may begin a new one
        keys = [_key(subgoal, source, lengths) for source in sources]
        new = {key: source for key, source in zip(keys, sources, strict=True) if key not in known}
        known.update(zip(new, self._read(subgoal, list(new.values()), lengths), strict=True))
        return [known[key] for key in keys]

    def _read(self, subgoal: Subgoal, sources: Sequence[Source], lengths: Lengths) -> list[_Lot]:
        cue = cue_of(subgoal)
        found = [_showing(source, cue) for source in sources] if cue else self._telling(subgoal, sources)
        form = Form(partial(_shown, cue), cue.steps[1]) if cue else PLAIN
        return [
            _lot(source, cuts, _unsaid(source, cuts, wanted), lengths, form)
            for source, (cuts, wanted) in zip(sources, found, strict=True)
        ]

    def _telling(self, subgoal: Subgoal, sources: Sequence[Source]) -> list[_Found]:
        """For each source its sentences, and places of those in passages that stand out for the subgoal."""
        query = self._reader.queries([subgoal])[0]
        texts = self._reader.texts([source.sample.model_copy(update={"output": ""}) for source in sources])
        if not texts:
            return []
        vectors = np.concatenate([text.vectors for text in texts])  # one product: a thousand small ones take longer
        topics = vectors @ self._reader.topics.T
        spread = np.maximum(topics.std(axis=1), 1e-6)
        outstanding = iter((vectors @ query.statement - topics.mean(axis=1)) / spread >= HOLDS)
        return [
            _inside(source, [next(outstanding) for _ in text.passages])
            for source, text in zip(sources, texts, strict=True)
        ]


def _key(subgoal: Subgoal, source: Source, lengths: Lengths) -> _Key:
    return subgoal.digest, digest(source.document, source.sample.digest), lengths


def _lot(source: Source, found: Sequence[Piece], wanted: Sequence[int], lengths: Lengths, form: Form) -> _Lot:
    drafts, left_out = windows(source, found, wanted, lengths, _size(source), form)
    lot = [asked(one, lengths.least_output) if source.asks else ("", one) for one in drafts]
    left_out[NAMELESS] += lot.count(None)
    return [one for one in lot if one is not None], +left_out


def _inside(source: Source, stand_out: Sequence[bool]) -> _Found:
    """The document's sentences, and places of those that lie in passages which stand out."""
    text = source.sample.input
    offset, position, spans = text.find(source.document), 0, []
    for part, stands_out in zip(passages(text), stand_out, strict=True):
        position = text.find(part, position)
        if stands_out:
            spans.append((position - offset, position + len(part) - offset))
    found = pieces(source.document) if spans else []
    return found, [place for place, one in enumerate(found) if _mostly_in(one.start, one.end, spans)]


def _size(source: Source) -> int:
    """Sentences of the answers that a source gives: some sources give short ones, others long ones."""
    return list(_SENTENCES.values())[int(source.sample.digest[:8], 16) % len(_SENTENCES)]


def _showing(source: Source, cue: Cue) -> _Found:
    """The document's sentences, and places of those that show the form; none when the answer lacks nothing of it."""
    if _shown(cue, source.document) <= _shown(cue, source.sample.output):
        return [], []
    found = pieces(source.document)
    return found, [place for place, one in enumerate(found) if _shown(cue, one.raw)]


def _shown(cue: Cue, text: str) -> set[str]:
    return {_plain(match.group()) for match in cue.shown.finditer(text)}


def _unsaid(source: Source, found: Sequence[Piece], places: Sequence[int]) -> list[int]:
    answer = _plain(source.sample.output)
    return [place for place in places if _plain(found[place].text) not in answer]


def _mostly_in(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    inside = sum(max(0, min(end, last) - max(start, first)) for first, last in spans)
    return 2 * inside >= end - start


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
        form=FORM if source.asks else "",
        parents=(source.sample.id,),
    )


def _difficulty(n_sentences: int) -> Difficulty:
    """By how much there is to find."""
    return next((name for name, most in _SENTENCES.items() if n_sentences <= most), "advanced")


def _shortfall(subgoal: Subgoal, brief: Brief, lots: Sequence[_Lot]) -> str:
    cue = cue_of(subgoal)
    what = cue.noun if cue else f"something on {subgoal.name}"
    holding, n = sum(bool(drafts) for drafts, _ in lots), sum(len(drafts) for drafts, _ in lots)
    reasons = sum((left_out for _, left_out in lots), Counter[str]())
    told = "; ".join(f"they {reason} ({count:,})" for reason, count in reasons.most_common())
    return (
        f"Samples that have an input of at least {LEAST_WORDS} words: {len(lots):,} of {len(brief.sources):,}. In "
        f"{holding:,} of these it holds {what} that the answer leaves out, close enough together for an answer. "
        f"Candidates that this makes: {n:,}. {f'Sentences left out, because {told}. ' if told else ''}"
        f"The embedded engine invents nothing: for more, add material, or configure a model."
    )


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
