"""An upload to a server that speaks the Hub's protocol: what arrives is what lies on disk, or nothing at all."""

import json
from collections.abc import Iterator
from pathlib import Path

import datasets
import hub_server
import huggingface_hub
import pytest
from goalcover.agent.errors import InputError
from goalcover.memory.runs import Run
from goalcover.tools.export import export
from goalcover.tools.formats.hub import upload
from goalcover.tools.mix import make_mix
from goalcover.ui.cli import app
from hub_server import TOKEN, Hub, Repo
from unjudged import run_of

SET = "me/my-set"
# huggingface_hub uploads large files so, where its newer storage is switched off.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A Hub with one account, whose person is logged in here."""
    with hub_server.logged_in(monkeypatch, tmp_path) as server:
        yield server


@pytest.fixture
def run(tmp_path: Path) -> Run:
    rows = [{"id": f"r{n}", "question": f"What is {n}?", "answer": f"It is n° {n}, «{n}»."} for n in range(12)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return run_of(tmp_path / "rows.jsonl", tmp_path / "run")


def exported(run: Run, tmp_path: Path, form: str = "trl", validation: float = 0.25) -> Path:
    export(run, make_mix(run, "original", validation=validation), form, tmp_path / "set")
    return tmp_path / "set"


def on_disk(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", ["trl", "parquet", "hf"])
def test_what_arrives_is_what_lies_on_disk_and_loads_as_a_dataset(hub, run, tmp_path, form):
    folder = exported(run, tmp_path, form)
    uploaded = upload(folder, SET)
    assert (uploaded.address, uploaded.private) == (f"{hub.url}/datasets/{SET}", True)
    arrived = hub.repos[SET]
    assert (arrived.private, len(arrived.commits)) == (True, 1)
    here = on_disk(folder)
    here.pop("axolotl.yaml", None)  # names a place on this machine
    assert {name: kept for name, kept in arrived.files.items() if name != ".gitattributes"} == here
    assert bool(hub.storage) is (form != "trl")

    for name, content in arrived.files.items():
        (tmp_path / "cloned" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cloned" / name).write_bytes(content)
    read = datasets.load_dataset(str(tmp_path / "cloned"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in read.items()} == {"train": 9, "validation": 3}
    told = [json.loads(line) for line in arrived.files["_provenance.jsonl"].splitlines()]
    assert len(told) == 12
    assert str(tmp_path) not in repr(arrived.files)


def test_a_second_upload_leaves_no_split_of_the_first(hub, run, tmp_path):
    upload(exported(run, tmp_path), SET)
    upload(exported(run, tmp_path, validation=0), SET)
    assert sorted(hub.repos[SET].files) == [
        ".gitattributes",
        "README.md",
        "_provenance.jsonl",
        "train.jsonl",
    ]


def test_it_is_public_only_when_asked_for(hub, run, tmp_path):
    assert not upload(exported(run, tmp_path), SET, private=False).private
    with pytest.raises(InputError, match="everyone can read it: nothing was uploaded"):
        upload(exported(run, tmp_path), SET)
    assert len(hub.repos[SET].commits) == 1


def test_a_private_dataset_stays_private(hub, run, tmp_path):
    hub.repos[SET] = Repo(private=True)
    assert upload(exported(run, tmp_path), SET, private=False).private


def test_a_dataset_that_holds_something_else_is_left_alone(hub, run, tmp_path):
    hub.repos[SET] = Repo(private=True, files={"data.csv": b"mine"})
    with pytest.raises(InputError, match="holds something else than an export of GoalCover: give another name"):
        upload(exported(run, tmp_path), SET)
    assert hub.repos[SET].files == {"data.csv": b"mine"}


@pytest.mark.parametrize("is_there", [False, True])
def test_a_name_that_the_token_may_not_use_is_refused(hub, run, tmp_path, is_there):
    if is_there:
        hub.repos["you/secret"] = Repo(private=True)
    with pytest.raises(InputError, match=r"you/secret: the token may not write to you\. `hf auth whoami`"):
        upload(exported(run, tmp_path), "you/secret")


def test_nobody_is_asked_for_anything_without_a_token(hub, run, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(InputError, match="nobody is logged in to Hugging Face: run `hf auth login`, or set HF_TOKEN"):
        upload(exported(run, tmp_path), SET)
    assert (hub.unsigned, hub.repos) == (0, {})


def test_a_token_that_is_no_more_valid_is_told_and_not_shown(hub, run, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_revoked")
    with pytest.raises(InputError, match="the token is not valid: run `hf auth login`") as caught:
        upload(exported(run, tmp_path), SET)
    assert "hf_revoked" not in str(caught.value)


def test_without_a_network_it_says_so_at_once(hub, run, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"cannot be reached \(.+\): check the network, and HF_ENDPOINT"):
        upload(exported(run, tmp_path), SET)


def test_when_the_storage_fails_nothing_is_committed(hub, run, tmp_path):
    hub.storage_works = False
    with pytest.raises(InputError, match="me/my-set could not be uploaded to Hugging Face: Error while uploading"):
        upload(exported(run, tmp_path, "parquet", validation=0), SET)
    assert hub.repos[SET].commits == []


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "me/", "/etc/passwd", "me/my set"])
def test_what_is_no_dataset_id_is_refused(name, tmp_path):
    with pytest.raises(InputError, match="is no dataset id: write it as owner/name"):
        upload(tmp_path, name)


def test_the_command_uploads_a_folder_and_shows_the_token_to_nobody(hub, run, tmp_path, capfd, caplog):
    caplog.set_level("DEBUG")
    wish = ["export", str(run.path), "--mix", "original", "--format", "parquet", "--push-to-hub", SET, "--out"]
    with pytest.raises(InputError, match="--push-to-hub uploads a folder as it is: give one with --out"):
        app([*wish, str(tmp_path / "x.parquet")], standalone_mode=False)
    assert hub.repos == {}
    app([*wish, str(tmp_path / "set"), "--json"], standalone_mode=False)
    said = capfd.readouterr()
    assert json.loads(said.out)["hub"] == f"{hub.url}/datasets/{SET}"
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    everything = [said.out, said.err, caplog.text, repr(written), repr(hub.repos)]
    assert [TOKEN in one for one in everything] == [False] * 5
