"""Grounded samples and exports on real data."""

import asyncio
import gzip
import json
import re
from pathlib import Path

import pytest
from goalcover.agent.embedded.cues import cue_of, show
from goalcover.agent.embedded.discriminator import EmbeddedDiscriminator
from goalcover.agent.embedded.generator import EmbeddedGenerator
from goalcover.agent.embedded.judge import EmbeddedJudge
from goalcover.agent.embedded.sentences import one_line, sentences
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.tools.accept import accept
from goalcover.tools.export import export
from goalcover.tools.load import open_dataset
from goalcover.tools.mix import make_mix
from goalcover.tools.novelty import Known, repeated
from goalcover.tools.synthesize import synthesize
from unjudged import run_of

MONEY = Subgoal(
    id="monetary",
    name="Monetary preservation",
    description="The summary keeps the amounts of money that the bill names",
    scope="every",
)
GOAL = Goal(goal="Summarize bills", subgoals=(MONEY,))
ROWS, ASKED, LEAST = 250, 10, 4


def amounts(text: str) -> set[str]:
    return set(re.findall(r"\$\d[\d,.]*\d", text))


def counted(sample: Sample, subgoal: Subgoal) -> int:
    """What the embedded judge gives such a subgoal, without reading 150 bills."""
    cue = cue_of(subgoal)
    assert cue is not None
    return show(cue, sample, subgoal).level


def test_bills_give_new_samples_that_are_found_in_them_word_for_word(shared_data, embedder, tmp_path):
    with gzip.open(shared_data / "us_bills.jsonl.gz", "rt", encoding="utf-8") as file:
        lines = [line for line, _ in zip(file, range(ROWS), strict=False)]
    (tmp_path / "bills.jsonl").write_text("".join(lines), "utf-8")
    judge = EmbeddedJudge(embedder)
    run = run_of(tmp_path / "bills.jsonl", tmp_path / "run", GOAL, counted, judge=judge.id)
    batch = asyncio.run(
        synthesize(
            run,
            "monetary",
            ASKED,
            generator=EmbeddedGenerator(embedder),
            discriminator=EmbeddedDiscriminator(judge),
        )
    )
    accepted = asyncio.run(accept(run, batch, judge))
    assert LEAST <= accepted.accepted == len(batch.proposals)
    assert batch.shortfall == "" or "Sentences left out" in batch.shortfall
    assert accepted.after.alignment > accepted.before.alignment

    bills = {sample.id: sample for sample in run.samples()}
    made = [json.loads(line) for line in Path(accepted.path).read_text("utf-8").splitlines()]
    for row in made:
        (parent,) = row["_goalcover"]["parents"]
        for start, end in sentences(row["summary"]):
            assert row["summary"][start:end] in one_line(row["text"])
            assert row["summary"][start:end] in one_line(bills[parent].input)
        assert amounts(row["summary"]) >= amounts(row["text"])
        assert "\n" not in row["summary"]
        assert row["summary"][0].isupper() or row["summary"][0] == "$"

    texts = [f"{row['title']}\n\n{row['text']}\n{row['summary']}" for row in made]
    assert Known([f"{one.input}\n{one.output}" for one in bills.values()]).duplicates(texts) == []
    assert repeated(texts) == {}


@pytest.mark.parametrize("name", ["alpaca.json", "sharegpt_tools.json", "messages.jsonl", "dpo.json", "kto.json"])
@pytest.mark.parametrize("form", ["openai", "sharegpt", "trl", "parquet"])
def test_real_rows_keep_their_content_through_an_export(shared_data, tmp_path, name, form):
    run = run_of(shared_data / "formats" / name, tmp_path / "run")
    mix = make_mix(run, "original")
    written = export(run, mix, form, tmp_path / "out")
    again = {(one.input, one.output) for one in open_dataset(str(tmp_path / "out"))}
    before = {(one.sample.input, one.sample.output) for one in mix.train}
    assert again <= before
    assert len(before) - len(again) == sum(written.skipped.values())
    assert set(written.skipped) <= {"its answer is labelled as one that the model should not give"}
