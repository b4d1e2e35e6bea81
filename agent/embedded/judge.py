"""The embedded judge: evidence to levels, with one mapping for all data (design: judge.md, "The embedded judge")."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from goalcover.agent.embedded.cues import Showing, cue_of, plain_noun, show
from goalcover.agent.embedded.evidence import SAID, Comparison, Evidence, Query, Reader, Text
from goalcover.agent.embedder import MODEL, Embedder
from goalcover.agent.models import LEVEL_NAMES, SUPPORT_LEVEL, Alignment, Sample, Subgoal
from goalcover.agent.words import stem

VERSION = "6"
"""To be raised whenever the same sample could get another level or another explanation."""

KEPT = 1_000
"""Subgoals that stay read, those of the last goals."""
_NAMED = 5


class EmbeddedJudge:
    """E of Eq. 6 without a language model: how much evidence does a sample give for a capability?"""

    batch_size = 64

    def __init__(self, embedder: Embedder) -> None:
        calibration = json.loads(Path(__file__).with_name("calibration.json").read_text("utf-8"))
        self._weights = np.array([calibration["weights"][name] for name in Evidence._fields])
        self._cuts = np.array(calibration["cuts"])
        self._reader = Reader(embedder)
        self._queries: dict[str, Query] = {}

    @cached_property
    def id(self) -> str:
        """Engine, model and version; the version names the calibration too."""
        here = Path(__file__)
        learnt = here.with_name("calibration.json").read_bytes() + here.with_name("projection.npy").read_bytes()
        return f"embedded/{MODEL}/{VERSION}-{hashlib.sha256(learnt).hexdigest()[:8]}"

    async def judge(self, samples: Sequence[Sample], subgoals: Sequence[Subgoal]) -> list[Alignment]:
        """See `roles.Judge`. Works in a thread, so that whoever waits for it can go on."""
        return await asyncio.to_thread(self._judge, samples, subgoals)

    def _judge(self, samples: Sequence[Sample], subgoals: Sequence[Subgoal]) -> list[Alignment]:
        queries = self._read(subgoals)
        judged: list[Alignment] = []
        for sample, text in zip(samples, self._reader.texts(samples), strict=True):
            found = self._reader.compare(text, queries)
            judged += [self._align(sample, text, *one) for one in zip(subgoals, queries, found, strict=True)]
        return judged

    def _level(self, evidence: Evidence) -> int:
        return int(np.searchsorted(self._cuts, self._weights @ evidence, side="right"))

    def _read(self, subgoals: Sequence[Subgoal]) -> list[Query]:
        known = self._queries  # which another thread may replace
        new = [subgoal for subgoal in subgoals if subgoal.digest not in known]
        if new:
            known = known | {query.subgoal.digest: query for query in self._reader.queries(new)}
            self._queries = dict(list(known.items())[-KEPT:])
        return [known[subgoal.digest] for subgoal in subgoals]

    def _align(self, sample: Sample, text: Text, subgoal: Subgoal, query: Query, found: Comparison) -> Alignment:
        cue = cue_of(subgoal)
        if not text.passages:
            level, explanation, evidence = 0, "None (0 of 5). The sample holds no text.", ""
        elif cue is not None:
            showing = show(cue, sample, subgoal)
            level, explanation = showing.level, _explain_form(showing)
            evidence = showing.quote or text.passages[-1]
        else:
            level = self._level(found.evidence)
            explanation, evidence = _explain_subject(level, query, found), text.passages[found.closest]
        return Alignment(
            sample_id=sample.id,
            subgoal_id=subgoal.id,
            level=level,
            explanation=explanation,
            evidence=evidence,
            judge=self.id,
        )


def _explain_subject(level: int, query: Query, found: Comparison) -> str:
    """Which of the subgoal's telling words the sample says, and which it does not; the telling ones first. What a
    supporting sample does not say is no reason for its level: only words that name the subgoal are told, a doubt."""
    matches = sorted(zip((-query.word_weights).tolist(), query.words, found.words, strict=True))
    said = [_as(word, match) for _, word, (cosine, match) in matches if cosine >= SAID]
    unsaid = [word for _, word, (cosine, _) in matches if cosine < SAID]
    parts = [_verdict(level)]
    if said:
        parts.append(f"It speaks of {', '.join(said[:_NAMED])}.")
    elif level >= SUPPORT_LEVEL:
        parts.append("It says it in other words.")
    told = unsaid if level < SUPPORT_LEVEL else [word for word in unsaid if stem(word) in query.heads]
    if told:
        parts.append(f"It does not speak of {', '.join(told[:_NAMED])}.")
    return " ".join(parts)


def _explain_form(showing: Showing) -> str:
    noun = showing.cue.noun
    if showing.nothing_to_keep:
        return f"{_verdict(showing.level)} The input names no {plain_noun(showing.cue)}: there is nothing to keep."
    given = f"; the input holds {showing.n_input}" if showing.n_input and showing.n_output < showing.n_input else ""
    kept = f", {showing.n_kept} of them as in the input" if showing.keeps and showing.n_kept < showing.n_output else ""
    return f"{_verdict(showing.level)} The answer shows {noun} {_times(showing.n_output)}{kept}{given}."


def _verdict(level: int) -> str:
    return f"{LEVEL_NAMES[level].capitalize()} ({level} of 5)."


def _times(n: int) -> str:
    return {0: "nowhere", 1: "once", 2: "twice"}.get(n, f"{n} times")


def _as(word: str, found: str) -> str:
    return word if stem(word) == stem(found) else f"{word} (as “{found}”)"
