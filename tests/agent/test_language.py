"""English is told from other languages, and code is taken for English."""

import pytest
from goalcover.agent.elicitation import Specification
from goalcover.agent.language import in_english, is_english
from role_data import SUBGOALS

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
    "\u7ffb\u8bd1",
)


@pytest.mark.parametrize("text", ENGLISH)
def test_english_and_code_are_taken_for_english(text):
    assert is_english(text)


@pytest.mark.parametrize("text", FOREIGN)
def test_other_languages_are_not(text):
    assert not is_english(text)


def test_a_goal_and_its_subgoals_have_to_be_english():
    german = [one.model_copy(update={"name": "Herz", "description": FOREIGN[0]}) for one in SUBGOALS]
    assert in_english(Specification(goal=ENGLISH[0]), SUBGOALS)
    assert not in_english(Specification(goal=ENGLISH[0]), german)
    assert not in_english(Specification(goal=FOREIGN[0]), SUBGOALS)
    assert not in_english(Specification(goal="Herz und Blut"), german)
