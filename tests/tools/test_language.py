"""Goals and data that are not English are told; English ones and code are not."""

import pytest
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.tools.language import foreign_notes, is_english

ENGLISH = (
    "Answers questions about heart disease, its diagnosis and its treatment",
    "Write a function in Python that returns the sum of a list.\ndef total(numbers):\n    return sum(numbers)",
    "Drug information. Explains what medicines do, how they are dosed, their side effects and interactions",
    "yes",
    "",
    "404 503 12.5 %",
)
FOREIGN = (
    "Beantwortet Fragen zu Herzkrankheiten, ihrer Diagnose und ihrer Behandlung bei \u00e4lteren Patienten",
    "Responde a preguntas sobre enfermedades del coraz\u00f3n, su diagn\u00f3stico y su tratamiento",
    "R\u00e9pond aux questions sur les maladies du coeur, leur diagnostic et leur traitement chez les patients",
    "\u56de\u7b54\u6709\u5173\u5fc3\u810f\u75c5\u7684\u95ee\u9898",
)


def notes(asked: str, read: str) -> list[str]:
    goal = Goal(goal="g", subgoals=(Subgoal(id="a", name=asked or "A", description=asked or "B"),))
    return foreign_notes(goal, Sample(id="1", row=1, input=read, output=""))


@pytest.mark.parametrize("text", ENGLISH)
def test_english_and_code_are_taken_for_english(text):
    assert is_english(text)
    assert notes(text, text) == []


@pytest.mark.parametrize("text", FOREIGN)
def test_other_languages_are_told_for_goal_and_data(text):
    assert not is_english(text)
    assert notes(text, ENGLISH[0])[0].startswith("the goal's subgoals do not look like English")
    assert notes(ENGLISH[0], text)[0].startswith("the data does not look like English")
