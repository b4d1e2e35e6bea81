"""The types of the elicitation (section 3.2): from a vague goal to a checked decomposition.

G_t  Specification (Eq. 4)    q_t  Question    S_G  tuple[Subgoal, ...] (Eq. 5)    Eq. 1 to 3  Checks
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, count
from typing import Self

from goalcover.agent.models import SLOTS, Clarification, Frozen, Slot, Subgoal, SubgoalId, Text

LEAST_SUBGOALS, MOST_SUBGOALS = 2, 12
"""Of a proposed decomposition."""
_MAX_ID = 60


class Specification(Frozen):
    """The goal as refined so far: G_t of Eq. 4."""

    goal: Text
    """What the practitioner said first (step 1)."""
    answers: tuple[Clarification, ...] = ()
    """In the order given; a later answer about a slot replaces the earlier one (`answered`)."""
    skipped: tuple[Slot, ...] = ()
    """Left open on purpose."""

    @property
    def open_slots(self) -> tuple[Slot, ...]:
        """What is neither answered nor skipped; empty when the specification covers the operational scope."""
        done = {answer.slot for answer in self.answers} | set(self.skipped)
        return tuple(slot for slot in SLOTS if slot not in done)

    def answer_to(self, slot: Slot) -> str | None:
        """What was answered about a part of the scope."""
        return next((one.answer for one in self.answers if one.slot == slot), None)

    def answered(self, answer: Clarification) -> Self:
        """With one more answer, which takes the place of the one about the same slot or of the same question."""
        kept = [
            one
            for one in self.answers
            if one.question != answer.question and (answer.slot is None or one.slot != answer.slot)
        ]
        skipped = tuple(slot for slot in self.skipped if slot != answer.slot)
        return self.model_copy(update={"answers": (*kept, answer), "skipped": skipped})

    def without(self, slots: Iterable[Slot]) -> Self:
        """With these parts of the scope left open on purpose, and what was answered about them taken back."""
        gone = set(slots)
        kept = tuple(one for one in self.answers if one.slot not in gone)
        skipped = tuple(slot for slot in SLOTS if slot in gone or slot in self.skipped)
        return self.model_copy(update={"answers": kept, "skipped": skipped})


class Question(Frozen):
    """A clarifying question (section 3.2, step 2)."""

    text: Text
    slot: Slot | None = None
    """The part of the scope that it asks about; None for a question about a failed check."""
    why: str = ""
    """What the answer changes, in one sentence."""
    suggestions: tuple[Text, ...] = ()
    """Answers to choose from, at most six; free text is always welcome."""
    many: bool = False
    """Whether several suggestions may be chosen together."""


class Draft(Frozen):
    """A proposed decomposition (section 3.2, step 4, Eq. 5)."""

    subgoals: tuple[Subgoal, ...]
    note: str = ""
    """What is to be known of how they were made, as that the language model failed or a name was misspelt; or empty."""


def slug(name: str) -> str:
    """A subgoal's id, without a number that may stand behind it (`free_id`)."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:_MAX_ID].strip("-") or "subgoal"


def free_id(wanted: str, taken: Collection[str]) -> str:
    """The id, with a number after it where it is taken."""
    return next(one for one in chain([wanted], (f"{wanted}-{n}" for n in count(2))) if one not in taken)


class Edit(Frozen):
    """One change of a decomposition: these subgoals go, and those come in their place.

    Split: one goes, two come. Merge: two go, one comes. Reword, rename, weigh: one goes, one comes. Add, drop likewise.
    """

    label: Text
    """What it does, as a button says it: `Split it in two`."""
    out: tuple[SubgoalId, ...] = ()
    put: tuple[Subgoal, ...] = ()

    def apply(self, subgoals: Sequence[Subgoal]) -> tuple[Subgoal, ...]:
        """The changed subgoals. What comes stands where the first of those that go stood, or at the end."""
        places = [place for place, one in enumerate(subgoals) if one.id in self.out]
        first = places[0] if places else len(subgoals)
        kept = [one for one in subgoals if one.id not in self.out]
        return (*kept[:first], *self.put, *kept[first:])


def merged(kept: Subgoal, those: Sequence[Subgoal]) -> Subgoal:
    """`kept` in the place of those: with their weights and shares added, and the widest of their scopes."""
    every = any(one.scope == "every" for one in those)
    shares = [one.share for one in those if one.share is not None]
    share = None if every or not shares else min(1.0, sum(shares))
    weight = sum(one.weight for one in those)
    return kept.model_copy(update={"weight": weight, "scope": "every" if every else "some", "share": share})


class Finding(Frozen):
    """What a check found, why, and what would mend it."""

    reason: str
    repair: Edit | None = None
    disputed: bool = False
    """Found by one of two who checked: told, and repaired by nobody but a person."""


class Atomicity(Finding):
    """Whether a subgoal is one capability that one sample can show and one judge can score (Eq. 3)."""

    id: SubgoalId
    ok: bool


class Disjointness(Finding):
    """Whether two subgoals ask for different things (Eq. 2)."""

    a: SubgoalId
    b: SubgoalId
    ok: bool
    similarity: float
    """-1 to 1."""


class Uncovered(Finding):
    """A clause of the refined goal that no subgoal covers (Eq. 1)."""

    clause: Text


class Completeness(Frozen):
    """Whether every clause of the refined goal is covered by some subgoal (Eq. 1)."""

    ok: bool
    uncovered: tuple[Uncovered, ...] = ()


class Checks(Frozen):
    """Whether a decomposition is valid (Definition 2), check by check, each with its reason."""

    atomic: tuple[Atomicity, ...]
    """One for every subgoal, in order."""
    disjoint: tuple[Disjointness, ...]
    """One for every pair."""
    complete: Completeness
    noted: tuple[str, ...] = ()
    """What is asked for and the engine's judge cannot see in a sample, such as its length: no subgoal covers it."""
    note: str = ""
    """Why they mean less than they might, as when the language model that should have made them did not; else empty."""

    @property
    def failures(self) -> tuple[Atomicity | Disjointness | Uncovered, ...]:
        """What failed; empty when the decomposition holds."""
        atomic = tuple(one for one in self.atomic if not one.ok)
        disjoint = tuple(one for one in self.disjoint if not one.ok)
        return (*atomic, *disjoint, *self.complete.uncovered)


class Topic(Frozen):
    """Something that a part of the dataset is about."""

    name: Text
    share: float
    """Share of the samples that were looked at."""
    sample_ids: tuple[str, ...] = ()


class DataProfile(Frozen):
    """What a dataset looks like before anything is judged: what clarifying questions draw on."""

    topics: tuple[Topic, ...]
    """The commonest first."""
    n_read: int
    """Samples that were looked at."""
    shape: str
    """Of the rows, as `tools.load` detected it."""
    input_words: int
    """Median number of words."""
    output_words: int
    traits: tuple[str, ...] = ()
    """What the answers show, in words: `code`, `one-word answers`, `citations`, `JSON`."""
