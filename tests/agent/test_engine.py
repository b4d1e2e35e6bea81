"""The LLM engine is taken when a model is configured, and no model is ever guessed."""

import numpy as np
import pytest
from goalcover.agent.embedder import Embedder
from goalcover.agent.engine import build_engine, choose
from goalcover.agent.errors import InputError, MissingPartError
from goalcover.agent.families import family, same_family
from goalcover.agent.settings import Settings
from scripted import serving, settings


def test_without_a_server_the_embedded_engine_is_taken(tmp_path):
    choice = choose("auto", Settings(cache_dir=tmp_path))
    assert choice.settings is None
    assert "GOALCOVER_MODEL" in choice.reason
    assert build_engine("auto", Settings(cache_dir=tmp_path)).name == "embedded"


def test_a_named_model_is_taken(tmp_path):
    with serving(models=("a", "b")) as server:
        engine = build_engine("auto", settings(server, tmp_path, model="b"))
    assert (engine.name, engine.model) == ("llm", "b")
    assert engine.version
    assert engine.companion is not None


def test_all_roles_share_one_embedder(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr("goalcover.agent.engine.Embedder", lambda *given: made.append(Embedder(*given)) or made[-1])
    with serving() as server:
        engine = build_engine("llm", settings(server, tmp_path))
        assert made == [engine.embedder]
        build_engine("llm", settings(server, tmp_path, embedding_model="embed"))
    assert len(made) == 3  # beside the server's, the local one of the roles that stand in for a model


def test_the_only_model_of_a_server_needs_no_name(tmp_path):
    with serving(models=("only",)) as server:
        assert build_engine("llm", settings(server, tmp_path, model=None)).model == "only"
        assert server.chats == []


def test_of_several_models_none_is_guessed(tmp_path):
    with serving(models=("a", "b")) as server:
        several = settings(server, tmp_path, model=None)
        assert build_engine("auto", several).name == "embedded"
        with pytest.raises(InputError, match="set GOALCOVER_MODEL: the server offers a, b"):
            build_engine("llm", several)


def test_a_key_alone_costs_nothing(tmp_path):
    choice = choose("auto", Settings(api_key="sk-x", cache_dir=tmp_path))
    assert choice.settings is None
    assert "no model is named" in choice.reason


def test_the_embedded_engine_can_be_asked_for_all_the_same(tmp_path):
    with serving() as server:
        assert build_engine("embedded", settings(server, tmp_path)).name == "embedded"


def test_an_address_where_nobody_listens_is_told(tmp_path):
    nowhere = Settings(base_url="http://127.0.0.1:9/v1", cache_dir=tmp_path)
    with pytest.raises(InputError, match="no connection"):
        build_engine("llm", nowhere)
    assert build_engine("auto", nowhere).name == "embedded"


def test_vectors_come_from_the_server_where_a_model_is_named_for_them(tmp_path):
    with serving() as server:
        engine = build_engine("llm", settings(server, tmp_path, embedding_model="embed"))
        vectors = engine.embedder.vectors(["drug and drug", "drug", "the bill"])
    again = engine.embedder.vectors(["drug", ""])  # there is no server to ask any more
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-2)
    assert vectors[0] @ vectors[1] > vectors[1] @ vectors[2]
    assert np.allclose(again[0], vectors[1])


def test_long_vectors_keep_their_angles_nearly():
    from goalcover.agent.endpoint import _of_our_length

    vectors = np.random.default_rng(1).normal(size=(20, 1536)).astype(np.float32)
    vectors[10:] += 2 * vectors[:10]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    short = _of_our_length(vectors)
    assert np.abs(short @ short.T - unit @ unit.T).max() < 0.25


def test_without_any_embedder_the_way_out_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("goalcover.agent.engine.is_available", lambda: False)
    with serving() as server, pytest.raises(MissingPartError, match="GOALCOVER_EMBEDDING_MODEL"):
        build_engine("llm", settings(server, tmp_path))


@pytest.mark.parametrize(
    ("model", "kin"),
    [
        ("gpt-4.1-mini", "gpt"),
        ("openai/gpt-4o", "gpt"),
        ("o3-mini", "gpt"),
        ("meta-llama/Meta-Llama-3-8B", "llama"),
        ("llama3.2:3b", "llama"),
        ("Qwen/Qwen3-14B", "qwen"),
        ("mixtral-8x7b", "mistral"),
        ("claude-sonnet-4", "claude"),
    ],
)
def test_a_name_tells_the_family(model, kin):
    assert family(model) == kin


def test_a_judge_of_the_generators_family_is_warned_of():
    one = Settings(model="gpt-4o")
    assert "judge and discriminator are of the generator's family (gpt)" in same_family(one)[0]
    assert same_family(one.model_copy(update={"generator_model": "claude-sonnet-4"})) == ()
