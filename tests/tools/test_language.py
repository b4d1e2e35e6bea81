"""Goals and data that are not English are told; English ones are not."""

from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.tools.language import foreign_notes

ENGLISH = "Answers questions about heart disease, its diagnosis and its treatment"
GERMAN = "Beantwortet Fragen zu Herzkrankheiten, ihrer Diagnose und ihrer Behandlung bei \u00e4lteren Patienten"


def notes(asked: str, read: str) -> list[str]:
    goal = Goal(goal="g", subgoals=(Subgoal(id="a", name=asked or "A", description=asked or "B"),))
    return foreign_notes(goal, Sample(id="1", row=1, input=read, output=""))


def test_a_goal_and_data_in_another_language_are_told_and_english_is_not():
    assert notes(ENGLISH, ENGLISH) == []
    assert notes(GERMAN, ENGLISH)[0].startswith("the goal's subgoals do not look like English")
    assert notes(ENGLISH, GERMAN)[0].startswith("the data does not look like English")
