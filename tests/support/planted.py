"""Real rows with a weakness planted in them: what kind of gap it is, and what is missing, is known beforehand.

Rows that are about a subject are found by its words; what is done to them makes the kind. The rows are those that the
judge's own tests read, so that their vectors are there.
"""

import csv
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from goalcover.agent.models import Alignment, Goal, Kind, Sample, Subgoal
from goalcover.memory.goals import load_goal
from goalcover.tools.load import open_dataset

LABELS = Path(__file__).parents[1] / "real" / "labels"
FILES = {"pubmedqa": "pubmedqa.jsonl", "code": "codealpaca.jsonl.gz", "bills": "us_bills.jsonl.gz"}
ROWS = {"pubmedqa": 300, "code": 300, "bills": 60}
ELSEWHERE = {"pubmedqa": "code", "bills": "code", "code": "pubmedqa"}
"""The rows that a domain's goal is held against when they are about something else."""
FOREIGN = 120
RARE = 0.03
LEAST_RARE = 3
MANY = 0.25
FAILED = 0.09
"""Share of judgements that fail; from a tenth on there would be no verdict."""
ASIDE = 2
"""Rows about something else for each one about the subject that every row should be about."""
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
    failed: frozenset[str] = frozenset()
    """Samples whose judgement for the target failed."""

    @property
    def target(self) -> str:
        """The subgoal that is to be a gap."""
        return self.goal.subgoals[0].id

    def judged(self, alignments: Sequence[Alignment]) -> list[Alignment]:
        """The alignments, without those that failed."""
        return [
            one.model_copy(update={"level": None})
            if one.subgoal_id == self.target and one.sample_id in self.failed
            else one
            for one in alignments
        ]


FORMS = {
    "pubmedqa": ("Exact figures", "The answer keeps the exact figures that the study gives", "exact figures"),
    "bills": (
        "Monetary preservation",
        "The summary keeps the amounts of money that the bill names",
        "amounts of money",
    ),
    "code": ("Working programs", "Writes correct code that works", "code"),
}
EVERYWHERE = ("removed", "rare", "swapped", "emptied", "cut short", "elsewhere", "aside")
CASES = (
    *(f"{domain} {weakness}" for domain in FILES for weakness in EVERYWHERE),
    "pubmedqa failed",
    "code failed",
    "bills cut in the middle",
    "bills without amounts",
    "code without models",
    "code without web",
)


def case(name: str, data: Path) -> Case:
    """The planted gap of that name."""
    domain, _, weakness = name.partition(" ")
    if weakness == "cut short":
        return cut_short(domain, FORMS[domain], rows(domain, data))
    if weakness == "without amounts":
        return _without_amounts(data)
    named = weakness if weakness.startswith("without") else ""
    subject = next(one for one in SUBJECTS if one.domain == domain and one.weakness == named)
    return of_subject(subject, "removed" if named else weakness, data)


def of_subject(subject: Subject, weakness: str, data: Path) -> Case:
    """A weakness planted in the rows about a subject, which are found by its words."""
    every = rows(subject.domain, data)
    about = [one for one in every if subject.about.search(one.input[:200]) and subject.about.search(one.output)]
    rest = [one for one in every if not subject.about.search(one.input + one.output)]
    goal = goal_about(subject.domain, subject.subgoal)
    return plant(weakness, goal, about, rest, rows(ELSEWHERE[subject.domain], data)[:FOREIGN], subject.named)


def plant(
    weakness: str, goal: Goal, about: Sequence[Sample], rest: Sequence[Sample], foreign: Sequence[Sample], named: str
) -> Case:
    """A weakness of the goal's first subgoal. `about` are rows that teach it, `rest` others, `foreign` other data's."""
    many = about[: max(8, round(MANY * len(rest)))]
    if weakness == "removed":
        return Case("absent", _wanting(goal, 0.1), [*rest], named)
    if weakness == "rare":
        return Case("rare", _wanting(goal, 0.1), [*rest, *about[: max(LEAST_RARE, round(RARE * len(rest)))]], named)
    if weakness == "failed":
        return _failed(goal, [*rest, *many], len(many), named)
    if weakness == "elsewhere":
        return Case("off-target", _wanting(goal, 0.1), [*foreign], named)
    if weakness == "aside":
        return Case("off-target", _wanting(goal, None), [*many, *foreign[: ASIDE * len(many)]], named)
    return Case("broken", _wanting(goal, 0.6), [*rest, *_broken(weakness, many, rest)], named)


def _broken(weakness: str, samples: Sequence[Sample], others: Sequence[Sample]) -> list[Sample]:
    if weakness == "swapped":
        return _swapped(samples, others)
    if weakness == "cut in the middle":
        return [_with(one, one.output[: len(one.output) * 2 // 5].rstrip(" .")) for one in samples]
    return [_with(one, "") for one in samples]


def _failed(goal: Goal, samples: list[Sample], n_about: int, named: str) -> Case:
    """As many are wanted as there are, of which some were not judged."""
    n_failed = round(FAILED * len(samples))
    failed = random.Random(0).sample([one.id for one in samples], n_failed)
    share = n_about / (len(samples) - n_failed)
    return Case("unsure", _wanting(goal, share), samples, named, frozenset(failed))


@cache
def rows(domain: str, data: Path) -> list[Sample]:
    """Some rows of a dataset, the labelled ones first."""
    found = list(open_dataset(str(data / FILES[domain])))
    place = {sample_id: number for number, sample_id in enumerate(labels(domain))}
    return sorted(found, key=lambda one: place.get(one.id, len(place)))[: ROWS[domain]]


@cache
def labels(domain: str) -> dict[str, dict[str, int]]:
    """The levels that a person gave, by sample and subgoal."""
    found: dict[str, dict[str, int]] = {}
    with (LABELS / f"{domain}.labels.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["sample_id"], {})[row["subgoal_id"]] = int(row["level"])
    return found


def goal_about(domain: str, subgoal: str) -> Goal:
    """The subject's own subgoal first, and three others that the rest of the rows may serve."""
    whole = load_goal(LABELS / f"{domain}.goal.yaml")
    others = [one for one in whole.subgoals if one.scope == "some" and one.id != subgoal][-3:]
    return Goal(goal=whole.text, subgoals=(whole.subgoal(subgoal), *others))


def _wanting(goal: Goal, share: float | None) -> Goal:
    """With a share of the samples wanted for the first subgoal; with None, every one."""
    first = goal.subgoals[0].model_copy(update={"scope": "some" if share else "every", "share": share})
    return goal.model_copy(update={"subgoals": (first, *goal.subgoals[1:])})


def cut_short(domain: str, form: tuple[str, str, str], samples: Sequence[Sample]) -> Case:
    """Outputs cut to their first sentence or word: what was asked for is still in the input, or only begun."""
    name, description, named = form
    subgoal = Subgoal(id="form", name=name, description=description, scope="every")
    goal = Goal(goal="Shallow", threshold=0.75 if domain == "code" else None, subgoals=(subgoal,))
    return Case("shallow", goal, [_with(one, _first(one.output, domain)) for one in samples], named)


def _without_amounts(data: Path) -> Case:
    name, description, named = FORMS["bills"]
    amounts = Subgoal(id="form", name=name, description=description, scope="every")
    samples = [one for one in rows("bills", data) if "$" not in one.input + one.output]
    return Case("absent", Goal(goal="Absent", subgoals=(amounts,)), samples, named)


def _first(text: str, domain: str) -> str:
    if domain == "code":
        return text[:12]
    found = re.search(r"\S.{20,}?(?:[.!?](?=\s)|\n|$)", text, re.DOTALL)
    return found.group().strip() if found else text


def _swapped(samples: Sequence[Sample], others: Sequence[Sample]) -> list[Sample]:
    """Each with the output of another row, about something else."""
    given = random.Random(0).sample(others, len(samples))
    return [_with(one, other.output) for one, other in zip(samples, given, strict=True)]


def _with(sample: Sample, output: str) -> Sample:
    return sample.model_copy(update={"output": output})
