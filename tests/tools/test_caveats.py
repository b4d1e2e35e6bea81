"""What has to be known before a run's figures are believed."""

import json
import random
import re
from pathlib import Path

import pytest
from commands import DEMO_DATA, DEMO_GOAL
from goalcover.agent.embedded.domains import domains, subgoal_of
from goalcover.agent.embedded.naming import hidden_form
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Goal, Sample, Subgoal
from goalcover.memory.goals import load_goal
from goalcover.tools.caveats import caveats, limits
from goalcover.tools.studies.domain import load_domain
from unjudged import ANYTHING, run_of

OUTPUT = "output"
ENGLISH = Sample(id="a", row=1, input="How do I read my meter at home?", output="Open the cabinet and read the dial.")


def goal(*names: str, description: str = "Answers questions about the meter") -> Goal:
    return Goal(
        goal="Answer energy customers",
        subgoals=tuple(
            Subgoal(id=f"s{n}", name=name, description=description, scope="every") for n, name in enumerate(names)
        ),
    )


@pytest.mark.parametrize("name", ["Short answers", "Plain language for parents", "JSON output", "Concise"])
def test_a_form_that_the_embedded_judge_cannot_see_is_named(name):
    (told,) = limits(goal("Meter readings", name), [ENGLISH])
    assert f"its figures for {name} mean little" in told


@pytest.mark.parametrize(
    "name", ["Meter readings", "Bullet points", "Cites its sources", "Polite tone", "Clinical reasoning"]
)
def test_what_it_can_see_needs_no_note(name):
    assert limits(goal(name, description=f"{name} in every answer"), [ENGLISH]) == ()


@pytest.mark.parametrize(
    ("description", "hidden"),
    [
        ("Answers in at most three sentences", True),
        ("The answer is under 50 words", True),
        ("Keeps replies to no more than two paragraphs.", True),
        ("Speaks in a warm and reassuring tone", True),
        (
            "Is written in plain, everyday language",
            False,
        ),  # an unknown way of saying it is better than a subject caught
        ("Tells the person to see a doctor", True),
        ("Advises customers to contact the helpline", True),
        ("Refers patients to a specialist", True),
        ("Recommends consulting a lawyer", True),
        ("Summarises bills on veterans in at most three sentences", False),
        ("Tells patients how a drug is taken", False),
        ("Explains formal language theory", False),
        ("Formally verifies programs", False),
        ("Uses simple words to speak of grief", True),
        ("Answers questions about referrals to specialists", False),
        ("Handles calls to the emergency helpline", False),
        ("Refers to studies on physicians' training", False),
        ("The answer admits that the findings do not settle the question", True),
        ("Says openly what is uncertain or not known", True),
        ("Tells the reader when an answer is not known", True),
        ("Points out when the data are inconclusive", True),
        ("Acknowledges its own limitations", True),
        ("Is honest about what it does not know", True),
        ("States how sure it is", True),
        ("Expresses uncertainty where the studies disagree", True),
        ("Never makes things up", True),
        ("No made-up facts", True),
        ("Never makes up a source", True),
        ("Never make up your bed", False),
        ("Doesn't invent sources", True),
        ("Explains uncertainty in statistics", False),
        ("States the uncertainty of a measurement", False),
        ("Covers risk assessment", False),
        ("Says when to see a doctor", False),
        ("Says how strong the evidence is: how many studies, and how certain", False),
        ("Tells how sure investors are of a rise in interest rates", False),
        ("Acknowledges the limits of liability", False),
        ("Is open about fees and charges", False),
        ("Admits students with limited funds", False),
        ("Describes made-up worlds in fantasy fiction", False),
        ("Does not make changes to an order", False),
    ],
)
def test_a_length_a_tone_an_act_and_openness_are_known_by_their_wording(description, hidden):
    one = Subgoal(id="a", name="Wanted", description=description, scope="some")
    assert bool(limits(Goal(goal="Answer", subgoals=(one,)), [ENGLISH])) is hidden


def test_the_bank_tells_the_same():
    known = {one.name: one for field in domains().values() for one in field.capabilities}
    assert [name for name, one in known.items() if hidden_form(subgoal_of(one, "{}")) is one.seen] == []
    assert not known["Admitting uncertainty"].seen
    assert all(known[name].seen for field in domains().values() for name in field.also)


def test_no_subject_of_the_goals_at_hand_is_taken_for_a_form():
    goals = [load_goal(path) for path in sorted(Path("tests/probes").glob("*.goal.yaml"))]
    goals += [load_goal(DEMO_GOAL), *(load_domain(name).goal for name in ("medical", "legal", "code"))]
    named = [one.name for each in goals for one in each.subgoals if hidden_form(one)]
    assert named == ["Plain-language explanation"]


CODE = "def area(width, height):\n    return width * height"


def outputs(*texts: str) -> list[Sample]:
    return [Sample(id=str(n), row=n, input="Calculate the area", output=text) for n, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([CODE, CODE, "Open the cabinet."], True),
        ([CODE, "Open the cabinet.", "Read the dial."], False),
        ([CODE, "", ""], True),
        (['{\n  "area": 12\n}'] * 3, False),
        ([], False),
    ],
)
def test_where_most_outputs_are_code_levels_are_too_low(texts, told):
    notes = limits(goal("Meter readings"), outputs("", *texts))
    assert [("most outputs are code" in one) for one in notes] == [True] * told


ROWS = [json.loads(line) for line in DEMO_DATA.read_text("utf-8").splitlines()][:120]


def told_of(tmp_path: Path, embedder: Embedder, mixed: float, n: int = 120) -> tuple[str, ...]:
    """With the outputs of a share of the rows dealt out anew."""
    chance, rows = random.Random(3), [dict(row) for row in ROWS[:n]]
    chosen = rows[: round(mixed * len(rows))]
    for row, output in zip(chosen, chance.sample([one[OUTPUT] for one in chosen], len(chosen)), strict=True):
        row[OUTPUT] = output
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return caveats(run_of(data, tmp_path / "run"), ANYTHING, embedder, embedded=False)


@pytest.mark.parametrize(("mixed", "how_many"), [(1.0, "nearly all"), (0.6, r"about (4|5|6|7)\d% of the")])
def test_outputs_that_are_mixed_up_are_told_with_their_share(tmp_path, embedder, mixed, how_many):
    (told,) = told_of(tmp_path, embedder, mixed)
    assert re.match(f"{how_many} outputs fit their own input no better than any other", told), told


@pytest.mark.parametrize(("mixed", "n"), [(0.0, 120), (1.0, 30)])
def test_sound_rows_and_too_few_rows_need_no_note(tmp_path, embedder, mixed, n):
    assert told_of(tmp_path, embedder, mixed, n) == ()
