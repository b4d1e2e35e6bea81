"""Planted weaknesses in real rows are told by kind and by what is missing: the findings of section 5.4, and more.

The rules of tools/kinds.py were set on these rows; tests/bench/gaps.py measures them on subjects that they never saw.
"""

import asyncio
import re
from pathlib import Path

import pytest
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Gap
from goalcover.memory.runs import Run
from goalcover.tools.broken import with_broken
from goalcover.tools.coverage import Tally
from goalcover.tools.diagnose import find_gaps
from planted import CASES, Case, case


def diagnosed(asked: Case, path: Path, embedder: Embedder) -> Gap:
    """The gap of the planted subgoal."""
    run, tally = Run.create(path / "run"), Tally(asked.goal)
    alignments = asked.judged(asyncio.run(EmbeddedJudge(embedder).judge(asked.samples, asked.goal.subgoals)))
    with run.sample_writer() as samples, run.score_writer() as scores:
        samples.write(asked.samples)
        scores.write(alignments)
    tally.add(alignments)
    parts = {"analyst": EmbeddedAnalyst(embedder), "advisor": EmbeddedAdvisor(), "embedder": embedder}
    coverage = with_broken(run, asked.goal, tally.report(len(asked.samples)), embedder)
    found = asyncio.run(find_gaps(run, asked.goal, coverage, **parts))
    return next(gap for gap in found if gap.subgoal_id == asked.target)


@pytest.mark.parametrize("name", CASES)
def test_a_planted_weakness_is_told_by_kind_and_by_what_is_missing(name, shared_data, tmp_path, embedder):
    asked = case(name, shared_data)
    found = diagnosed(asked, tmp_path, embedder)
    assert found.kind == asked.kind, found.why
    told = [f"{one.title} {one.summary}" for one in found.capabilities] + [one.detail for one in found.recommendations]
    assert re.search(asked.named, " ".join(told))
    assert_sound(found, asked)


def assert_sound(found: Gap, asked: Case) -> None:
    """Counts add up, and every quote is in the sample that it is said to be from."""
    texts = {one.id: f"{one.input}\n{one.output}" for one in asked.samples}
    ids = [one for capability in found.capabilities for one in capability.sample_ids]
    assert len(ids) == len(set(ids)) == found.n_low - found.n_outliers
    assert sum(capability.share for capability in found.capabilities) <= 1.0 + 1e-9
    for one in found.capabilities:
        assert one.n == len(one.sample_ids) >= one.n_different > 0
        assert len(one.quotes) == len(one.quote_ids) > 0
        assert all(quote in texts[source] for quote, source in zip(one.quotes, one.quote_ids, strict=True))
        assert set(one.quote_ids) <= set(one.sample_ids)
