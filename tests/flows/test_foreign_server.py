"""Against a server that is not ours, with a model of random weights: all that it says has the form asked for and means
nothing. Nothing breaks, nothing of it becomes a score, and what could not be done is said."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import commands
import foreign_server
import pandas as pd
import pytest
from goalcover.agent import embedder
from goalcover.agent.engine import build_engine
from goalcover.agent.settings import Settings
from goalcover.graph.deps import Deps
from goalcover.tools.doctor import examine
from talking import Talk, demo_files, run

SUBGOALS = [
    {"id": "bills", "name": "Bills", "description": "Explains bills to customers"},
    {"id": "meters", "name": "Meter readings", "description": "Takes and explains meter readings"},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its base URL. In CI it has to be there."""
    if not os.environ.get("CI"):
        for part in ("xllamacpp", "gguf"):
            pytest.importorskip(part, reason="llama.cpp's server is in the extra `dev`, on Linux on x86-64")
    with foreign_server.running(tmp_path_factory.mktemp("model")) as url:
        yield url


def small(folder: Path, rows: int) -> tuple[Path, Path]:
    """So many rows of the demo, and a goal of two subgoals."""
    data, goal = demo_files(folder, rows)
    goal.write_text(json.dumps({"goal": "Answer energy customers", "subgoals": SUBGOALS}))
    return data, goal


def test_the_doctor_finds_the_model_how_it_answers_and_how_much_it_reads(server, monkeypatch, tmp_path):
    monkeypatch.setattr(embedder, "is_available", lambda: False)
    found = {one.part: one.detail for one in examine(Settings(base_url=server, cache_dir=tmp_path))}
    assert found["engine"] == "llm: random is the one model that the server offers"
    context = f"a context of {foreign_server.CONTEXT:,} tokens, says the server"
    assert f"random at {server}: answers in JSON schema; {context}; answers in 0." in found["model of all roles"]


def test_no_answer_in_the_right_form_becomes_a_score_by_chance(server, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_BASE_URL", server)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    data, goal = small(tmp_path, 8)
    said = commands.goalcover("assess", data, "--goal", goal, "--out", tmp_path / "run")
    assert (said.returncode, said.stdout) == (3, "")
    told = " ".join(said.stderr.split())
    assert "no verdict on bills, meters: too many judgements failed (16 no valid answer)" in told
    assert "Traceback" not in told

    scores = pd.read_parquet(tmp_path / "run" / "scores.parquet")
    assert len(scores) == 16
    assert scores.level.isna().all()
    assert set(scores.status) == {"unscored"}
    assert scores.explanation.str.match(r"Not judged \(no valid answer\): \w").all()
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    assert info["usage"]["calls"] == 8 * 4  # both together, both once more, and each alone
    assert info["usage"]["retries"] == 0
    coverage = json.loads((tmp_path / "run" / "coverage.json").read_text())
    assert [one["gap"] for one in coverage["subgoals"]] == [None, None]
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_conversation_goes_on_whatever_the_model_says(server, cache_dir, tmp_path):
    data, goal = small(tmp_path, 3)

    async def conversation(talk: Talk):
        await talk.say("Build a medical question-answering assistant for clinical decision support")
        assert talk.asked.slot
        assert talk.asked.text
        stuck = await talk.say("that's enough")
        assert "Planned" in stuck or "another model may do better" in stuck["Problem"].text
        ready = await talk.say(f"{data} {goal}")
        while talk.asked:
            ready = await talk.say("keep all as they are")
        assert [one.id for one in ready["Ready"].goal.subgoals] == ["bills", "meters"]

        found = (await talk.say("Start"))["Diagnosed"]
        assert (found.info.engine.name, found.info.counts.unscored, found.gaps) == ("llm", 6, ())
        said = await talk.say("do customers of this supplier also write about potatoes?")
        assert said.keys() & {"Spoken", "Corrected", "Problem"}
        assert all(one.n_scored == 0 for one in (await talk.say("coverage"))["Covered"].coverage.subgoals)

    settings = Settings(base_url=server, model="random", cache_dir=cache_dir)
    run(conversation, Deps(build_engine("llm", settings), tmp_path / "runs"))
