"""Real rows with a weakness planted in them: what kind of gap it is, and what is missing, is known beforehand.

Rows that are about a subject are found by its words; what is done to them makes the kind. The rows are those that the
judge's own tests read, so that their vectors are there.
"""

import csv
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from goalcover.agent.models import Goal, Kind, Sample, Subgoal
from goalcover.memory.goals import load_goal
from goalcover.tools.load import open_dataset

LABELS = Path(__file__).parents[1] / "real" / "labels"
FILES = {"pubmedqa": "pubmedqa.jsonl", "code": "codealpaca.jsonl.gz", "bills": "us_bills.jsonl.gz"}
ROWS = {"pubmedqa": 300, "code": 300, "bills": 60}
RARE = 0.03
MANY = 0.25
_CAPITALS = re.IGNORECASE


@dataclass(frozen=True)
class Subject:
    """A subject of a dataset, and how its rows are known."""

    domain: str
    subgoal: str
    about: re.Pattern[str]
    """Whole of input and output: nothing of it may be left where it is taken out."""
    named: str
    """A regular expression for what the gap's text has to name as missing."""
    weakness: str = ""
    """The only weakness that is planted in it; any, when not given."""


SUBJECTS = (
    Subject(
        "pubmedqa",
        "cardiology",
        re.compile(r"cardi|heart|coronary|myocard|atrial|ventric|aort|angina|hypertens|vascul|stent", _CAPITALS),
        r"heart disease",
    ),
    Subject(
        "bills",
        "health",
        re.compile(r"health|medic|hospital|patient|disease|drug", _CAPITALS),
        r"health care|hospitals|insurance|patients",
    ),
    Subject(
        "code",
        "sql",
        re.compile(r"\bSQL\b|database|\bquer|\btable|SELECT\b|mongo", _CAPITALS),
        r"SQL|databases|queries|tables",
    ),
    Subject(
        "code",
        "machine-learning",
        re.compile(r"machine learning|neural|tensorflow|keras|sklearn|regression|classif|train|model", _CAPITALS),
        r"models|machine learning|scikit-learn",
        "without models",
    ),
    Subject(
        "code",
        "web",
        re.compile(r"\bweb|html|http|flask|django|react|express|server|\burl|\bcss\b|<\w+>", _CAPITALS),
        r"web pages|servers|web frameworks",
        "without web",
    ),
)


@dataclass(frozen=True)
class Case:
    """A planted gap."""

    kind: Kind
    goal: Goal
    samples: list[Sample]
    named: str
    """A regular expression for what the gap's text has to name as missing."""

    @property
    def target(self) -> str:
        """The subgoal that is to be a gap."""
        return self.goal.subgoals[0].id


FORMS = {
    "pubmedqa": ("Exact figures", "The answer keeps the exact figures that the study gives", "exact figures"),
    "bills": (
        "Monetary preservation",
        "The summary keeps the amounts of money that the bill names",
        "amounts of money",
    ),
    "code": ("Working programs", "Writes correct code that works", "code"),
}
CASES = tuple(
    f"{domain} {weakness}"
    for domain, weaknesses in {
        "pubmedqa": ("removed", "rare", "swapped", "emptied", "cut short"),
        "bills": ("removed", "rare", "swapped", "emptied", "cut short", "cut in the middle", "without amounts"),
        "code": ("removed", "rare", "swapped", "emptied", "cut short", "without models", "without web"),
    }.items()
    for weakness in weaknesses
)


def case(name: str, data: Path) -> Case:
    """The planted gap of that name."""
    domain, _, weakness = name.partition(" ")
    if weakness == "cut short":
        return _shallow(domain, data)
    if weakness == "without amounts":
        return _without_amounts(data)
    named = weakness if weakness.startswith("without") else ""
    subject = next(one for one in SUBJECTS if one.domain == domain and one.weakness == named)
    return of_subject(subject, weakness, data)


def of_subject(subject: Subject, weakness: str, data: Path) -> Case:
    """A weakness planted in the rows about a subject."""
    every = _rows(subject.domain, data)
    about = [one for one in every if subject.about.search(one.input[:200]) and subject.about.search(one.output)]
    rest = [one for one in every if not subject.about.search(one.input + one.output)]
    kind, planted = _planted(weakness, about, rest)
    goal = _goal(subject, share=0.6 if kind == "broken" else 0.1)
    return Case(kind, goal, [*rest, *planted], subject.named)


def _planted(weakness: str, about: list[Sample], rest: list[Sample]) -> tuple[Kind, list[Sample]]:
    many = about[: max(8, round(MANY * len(rest)))]
    if weakness == "rare":
        return "rare", about[: max(2, round(RARE * len(rest)))]
    if weakness == "swapped":
        return "broken", _swapped(many, rest)
    if weakness == "emptied":
        return "broken", [_with(one, "") for one in many]
    if weakness == "cut in the middle":
        return "broken", [_with(one, one.output[: len(one.output) * 2 // 5].rstrip(" .")) for one in many]
    return "absent", []


@cache
def _rows(domain: str, data: Path) -> list[Sample]:
    """Some rows of a dataset, the labelled ones first."""
    found = list(open_dataset(str(data / FILES[domain])))
    with (LABELS / f"{domain}.labels.csv").open(encoding="utf-8", newline="") as lines:
        labelled = dict.fromkeys(row["sample_id"] for row in csv.DictReader(lines))
    place = {sample_id: number for number, sample_id in enumerate(labelled)}
    return sorted(found, key=lambda one: place.get(one.id, len(place)))[: ROWS[domain]]


def _goal(subject: Subject, share: float) -> Goal:
    """The subject's own subgoal first, and three others that the rest of the rows may serve."""
    whole = load_goal(LABELS / f"{subject.domain}.goal.yaml")
    target = whole.subgoal(subject.subgoal).model_copy(update={"share": share})
    others = [one for one in whole.subgoals if one.scope == "some" and one.id != subject.subgoal][-3:]
    return Goal(goal=whole.text, subgoals=(target, *others))


def _form(domain: str) -> Goal:
    name, description, _ = FORMS[domain]
    form = Subgoal(id="form", name=name, description=description, scope="every")
    return Goal(goal="Shallow", threshold=0.75 if domain == "code" else None, subgoals=(form,))


def _shallow(domain: str, data: Path) -> Case:
    """Outputs cut to their first sentence or word: what was asked for is still in the input, or only begun."""
    samples = [_with(one, _first(one.output, domain)) for one in _rows(domain, data)]
    return Case("shallow", _form(domain), samples, FORMS[domain][2])


def _without_amounts(data: Path) -> Case:
    samples = [one for one in _rows("bills", data) if "$" not in one.input + one.output]
    return Case("absent", _form("bills"), samples, "amounts of money")


def _first(text: str, domain: str) -> str:
    if domain == "code":
        return text[:12]
    found = re.search(r"\S.{20,}?(?:[.!?](?=\s)|\n|$)", text, re.DOTALL)
    return found.group().strip() if found else text


def _swapped(samples: list[Sample], others: list[Sample]) -> list[Sample]:
    """Each with the output of another row, about something else."""
    given = random.Random(0).sample(others, len(samples))
    return [_with(one, other.output) for one, other in zip(samples, given, strict=True)]


def _with(sample: Sample, output: str) -> Sample:
    return sample.model_copy(update={"output": output})
