"""`goalcover talk` as a script drives it: lines in, the conversation out."""

import os
import subprocess
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from commands import DEMO_DATA, DEMO_GOAL, GOALCOVER
from goalcover.graph.state import Suggestion, Wait
from goalcover.ui.talk import Paragraphs, meant


def talked(home: Path, lines: list[str], *options: str) -> CompletedProcess[str]:
    environment = os.environ | {"XDG_DATA_HOME": str(home), "COLUMNS": "200"}
    return subprocess.run(
        [GOALCOVER, "talk", *options],
        input="".join(f"{line}\n" for line in lines),
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def test_from_a_goal_to_a_gap_and_its_reason_by_numbers(tmp_path: Path, demo):
    said = talked(tmp_path, [str(DEMO_GOAL), "keep all as they are", "1", "1"], "--data", str(DEMO_DATA))
    assert said.returncode == 0, said.stderr
    assert said.stdout == ""
    for part in ("Ready to judge", "2 of 9 subgoals are gaps", "1  Why is", "Why Gas leaks"):
        assert part in said.stderr

    again = talked(tmp_path, ["coverage"], "--resume")
    assert "2 of 9 subgoals are gaps" in again.stderr


def test_questions_are_answered_by_number_skipped_and_taken_back(tmp_path: Path):
    said = talked(tmp_path, ["Answer questions on energy bills", "1", "go back", "skip", "that's enough"])
    assert said.returncode == 0, said.stderr
    assert said.stderr.count("Question 1 of") == 2
    assert "Now the dataset" in said.stderr


@pytest.mark.parametrize("word", ["quit", "Exit"])
def test_a_person_leaves_by_a_word(tmp_path: Path, word: str):
    said = talked(tmp_path, [word, "Answer questions on energy bills"])
    assert said.returncode == 0, said.stderr
    assert "Question 1 of" not in said.stderr


def test_a_streamed_answer_is_told_by_paragraphs_so_that_its_marks_can_be_set():
    spoken = Paragraphs()
    told = [spoken.feed(piece) for piece in ("It is **2 of ", "the 60", "**.\n", "\nSee [x](http", "://y)")]
    assert told == ["", "", "", "It is **2 of the 60**.\n\n", ""]
    assert spoken.rest().startswith("See [x]")
    assert spoken.rest() == ""


def test_a_number_is_a_button_but_where_proposals_are_told_by_number():
    buttons = (Suggestion(label="Report", says="Report and files"), Suggestion(label="Coverage", says="Coverage"))
    assert meant(" 1\n", Wait(suggestions=buttons)) == "Report and files"
    assert meant("3", Wait(suggestions=buttons)) == "3"
    assert meant("1", Wait(suggestions=buttons, counted=True)) == "1"


def test_without_a_conversation_there_is_nothing_to_resume(tmp_path: Path):
    said = talked(tmp_path, [], "--resume")
    assert said.returncode == 2
    assert "no conversation to resume" in said.stderr
