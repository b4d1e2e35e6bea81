"""How far a subgoal's diagnosis carries, and why: by its removal, or else by what was planted in its samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from goalcover.agent.embedded.cues import cue_of
from goalcover.agent.embedded.naming import hidden_form
from goalcover.agent.models import Subgoal
from goalcover.agent.validation import NaturalGap, Trust, TrustGrade
from goalcover.tools.studies.copies import Groups
from goalcover.tools.studies.effects import Measured
from goalcover.tools.studies.marks import HIGH, Marks
from goalcover.tools.studies.natural import PLANTABLE
from goalcover.tools.studies.senses import Kinds
from goalcover.tools.studies.separation import Numbers
from goalcover.tools.typeset import count, percent

FEWEST = 20
"""Different high-scoring samples below which there is nothing to learn marks from."""
NEARLY_ALL = 0.7
"""Share of high-scoring samples from which removing them would leave no dataset to compare with."""
ENTANGLED = 0.5
"""A subgoal is entangled with another that falls at least so much of its own fall."""
REACH = 0.25
"""Share of the high-scoring samples that a removal has to take before it speaks for the rest. Measured: 0.06 to 0.21
where the words follow nothing that the subgoal is about, 0.27 and above elsewhere."""


@dataclass(frozen=True)
class Trial:
    """One subgoal's derived removal."""

    subgoal: Subgoal
    scores: Numbers
    """(samples,), NaN for the unscored"""
    groups: Groups
    """(samples,)"""
    marks: Marks
    measured: Measured | None = None
    """None where there was nothing to remove, or hardly anything else."""
    own: Measured | None = None
    """The removal of what holds the subgoal's own words or shows its form, where no other words take anything away."""

    @property
    def n_scored(self) -> int:
        return int((~np.isnan(self.scores)).sum())

    @property
    def n_unscored(self) -> int:
        return len(self.scores) - self.n_scored

    @property
    def n_high(self) -> int:
        """Samples at level 3 and above."""
        return int((self.scores >= HIGH).sum())

    @property
    def n_different(self) -> int:
        """The same, with those that repeat each other counted once."""
        return len(np.unique(self.groups[self.scores >= HIGH]))

    @property
    def reach(self) -> float:
        """Share of them that were removed: those that hold the marks."""
        return float(self.marks.mask[self.scores >= HIGH].mean()) if self.n_high else 0.0

    @property
    def can_fall(self) -> bool:
        """Whether enough samples show it, and enough do not, for a removal to tell."""
        return self.n_different >= FEWEST and self.n_high <= NEARLY_ALL * self.n_scored


def trust(
    trial: Trial, kinds: Kinds | None, natural: Sequence[NaturalGap], *, embedded: bool, doubt: str = ""
) -> Trust:
    """The grade of a subgoal's diagnosis. `kinds` of its high scores; `embedded` where the embedded judge has judged;
    `doubt` about the diagnosis itself, whatever the test says."""
    grade, reason = _graded(trial, kinds, natural)
    if embedded and hidden_form(trial.subgoal):
        grade, reason = (
            "untrustworthy",
            "The embedded judge sees what a text says, but not in what form or how soundly.",
        )
    if doubt and grade == "trustworthy":
        grade, reason = "weak", f"{reason} But {doubt}."
    if trial.n_unscored:
        reason += f" {trial.n_unscored:,} of the {count(len(trial.scores), 'sample')} are unscored."
    return Trust(
        id=trial.subgoal.id,
        name=trial.subgoal.name,
        grade=grade,
        reason=reason,
        terms=trial.marks.terms,
        natural=tuple(natural),
    )


def _graded(trial: Trial, kinds: Kinds | None, natural: Sequence[NaturalGap]) -> tuple[TrustGrade, str]:
    if trial.measured and trial.measured.beats_chance:
        return _by_removal(trial, trial.measured, kinds, natural)
    if trial.n_different < FEWEST:
        return "weak", _too_few(trial)
    if trial.can_fall:
        return _by_own_words(trial)
    return _by_planting(trial, natural)


def _by_own_words(trial: Trial) -> tuple[TrustGrade, str]:
    """Where no other words are seen to matter: with its own at least, the scores follow the texts, or they do not."""
    words = f"No words but its own mark the {count(trial.n_high, 'sample')} that score high"
    if trial.measured:
        words = f"{_without(trial, trial.measured)}, no further than by chance"
    if trial.own is None or not trial.own.beats_chance:
        return "untrustworthy", f"{words}: its high scores follow nothing that the samples share."
    cue = cue_of(trial.subgoal)
    holding = f"show {cue.noun}" if cue else "hold words of its own"
    removed = count(round(float(trial.own.n_removed.mean())), "sample")
    return "weak", (
        f"{words}, but without the {removed} that {holding} it falls by {percent(-trial.own.change)}: what else the "
        "high scores follow is not shown."
    )


def _without(trial: Trial, measured: Measured) -> str:
    removed = f"{count(round(float(measured.n_removed.mean())), 'sample')} with {', '.join(trial.marks.terms[:5])}"
    return f"Without {removed} its alignment falls by {percent(max(0.0, -measured.change))}"


def _by_removal(
    trial: Trial, measured: Measured, kinds: Kinds | None, natural: Sequence[NaturalGap]
) -> tuple[TrustGrade, str]:
    fall, words = measured.change, _without(trial, measured)
    least, _ = measured.chance or (0.0, 0.0)
    close, change = min(measured.rivals, key=lambda pair: pair[1], default=("", 0.0))
    if doubt := _doubt(trial, fall, (close, change), kinds) or _still_covered(natural):
        return "weak", f"{words}, but {doubt}."
    apart = f"{words}; {_next(measured)}, and chance moves it by {percent(-least)} at most."
    return "trustworthy", apart + _limits(natural)


def _next(measured: Measured) -> str:
    """How far the others fall, those too that are too small to be held against it."""
    name, change = min(measured.others, key=lambda pair: pair[1])
    if change <= ENTANGLED * measured.change:
        small = f"{name}, which hardly a sample shows: {percent(-change)}"
        return f"no other that enough samples show falls half as far ({small})"
    return "no other falls half as far" + (f" ({name}: {percent(-change)})" if change < 0 else "")


def _doubt(trial: Trial, fall: float, rival: tuple[str, float], kinds: Kinds | None) -> str:
    """Why a fall beyond chance does not make a diagnosis trustworthy; "" where nothing speaks against it."""
    close, change = rival
    if not close:
        return "there is no other capability that enough samples show to hold it against"
    if change <= ENTANGLED * fall:
        return f"that of {close} by {percent(-change)}: the scores do not keep the two apart on this data"
    if trial.reach < REACH:
        return (
            f"only {percent(trial.reach)} of the samples that score high are among them: what the rest score for is not"
            " shown"
        )
    if kinds:
        return (
            f"the samples that score high are of two kinds that have nothing in common{kinds}: one of its words may be"
            " taken in two senses"
        )
    return ""


def _still_covered(natural: Sequence[NaturalGap]) -> str:
    """The doubt where a gap was made and goes unseen; "" where it is seen, or none could be made."""
    return next(
        (
            f"with {one.n:,} of them taken out the report still calls it covered: what the rest score for is not shown"
            for one in natural
            if one.kind == "rare" and not one.seen
        ),
        "",
    )


def _limits(natural: Sequence[NaturalGap]) -> str:
    """What of an answer the judge does not see, or may not."""
    tried = {one.kind: one.seen for one in natural}
    unseen = [kind for kind in PLANTABLE if tried.get(kind) is False]
    untried = [kind for kind in PLANTABLE if kind not in tried]
    said = [f"{' and '.join(unseen)} answers go unseen"] if unseen else []
    if untried:
        said.append(f"whether {' and '.join(untried)} {'ones' if unseen else 'answers'} are seen could not be tested")
    return f" Trust it for what the samples are about; {', and '.join(said)}." if said else ""


def _too_few(trial: Trial) -> str:
    different = f", {trial.n_different} of them different" if trial.n_different < trial.n_high else ""
    words = f"Too few samples to test on ({trial.n_high} at level 3 or above{different})"
    if trial.n_high >= FEWEST:
        return f"{words}: whether the scores follow more than these texts is not shown."
    if trial.n_high + trial.n_unscored >= FEWEST:
        return f"{words}: what the unscored ones hold is not known."
    return f"{words}: that the data hold little of it rests on the judge alone."


def _by_planting(trial: Trial, natural: Sequence[NaturalGap]) -> tuple[TrustGrade, str]:
    """Where removal cannot tell, because nearly all samples show it."""
    seen = [one.kind for one in natural if one.kind in PLANTABLE and one.seen]
    words = f"{percent(trial.n_high / trial.n_scored)} of the samples show it, so only planting can test it"
    words += f": the judge sees {' and '.join(seen)} answers." if seen else "."
    return "trustworthy" if len(seen) == len(PLANTABLE) else "weak", words + _limits(natural)
