"""The paper's five training sets (Table 3) by name: what goes in, without duplicates, shuffled, split."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

from goalcover.agent.errors import InputError
from goalcover.agent.models import Frozen, Sample, digest
from goalcover.memory.runs import Run
from goalcover.memory.synthetic import Origin, kept
from goalcover.tools.filter import Selection, select
from goalcover.tools.rendering import parse_json, to_json

MixName = Literal["original", "goal-aligned", "synthetic", "synthetic+original", "synthetic+goal-aligned"]
MIXES: tuple[MixName, ...] = get_args(MixName)

_VERDICT_COLUMNS = ("rejected", "non_preferred_output", "label", "kto_tag")


class Member(Frozen):
    """One row of a mix."""

    sample: Sample
    origin: Origin | None = None
    """Where a synthetic sample comes from; None for a row of the dataset."""

    @property
    def source(self) -> str:
        """`original` or `synthetic`."""
        return "original" if self.origin is None else "synthetic"


class Mix(Frozen):
    """A training set, ready to be written."""

    name: MixName
    train: tuple[Member, ...]
    validation: tuple[Member, ...]
    n_duplicates: int
    """Rows left out because an earlier one has the same text."""
    seed: int
    selection: Selection | None
    """Of the goal-aligned part."""


def parse_mix(name: str) -> MixName:
    """The mix of that name, its parts in any order (`goal-aligned+synthetic`). Raises InputError for any other."""
    known = {frozenset(one.split("+")): one for one in MIXES}
    found = known.get(frozenset(part.strip() for part in name.lower().split("+")))
    if found is None:
        raise InputError(f"no mix '{name}': there are {', '.join(MIXES)}")
    return found


def make_mix(
    run: Run,
    name: MixName,
    *,
    seed: int = 0,
    validation: float = 0.0,
    min_score: float | None = None,
    quota: int = 0,
) -> Mix:
    """The mix of that name: rows of the dataset and accepted synthetic samples, each text once, shuffled with the seed.

    `validation` is the share of rows set aside (0 to below 1); `min_score` and `quota` are those of `filter.select`.
    Raises InputError when there is nothing to mix.
    """
    if not 0 <= validation < 1:
        raise InputError(f"the share of validation rows must be at least 0 and below 1, not {validation:g}")
    parts = name.split("+")
    selection = select(run, min_score, quota=quota) if "goal-aligned" in parts else None
    members = list(_members(run, parts, selection))
    unique = _unique(members)
    if not unique:
        raise InputError(_nothing(run, parts))
    random.Random(seed).shuffle(unique)  # noqa: S311 (a reproducible order, not a secret)
    train, held = _split(unique, validation)
    return Mix(
        name=name,
        train=train,
        validation=held,
        n_duplicates=len(members) - len(unique),
        seed=seed,
        selection=selection,
    )


def selected_mix(run: Run, selection: Selection) -> Mix:
    """The rows of a selection as they are: in the dataset's order, none left out as a duplicate."""
    members = tuple(Member(sample=sample) for sample in run.samples(set(selection.sample_ids)))
    if not members:
        raise InputError(_nothing(run, ["goal-aligned"]))
    return Mix(name="goal-aligned", train=members, validation=(), n_duplicates=0, seed=0, selection=selection)


def _members(run: Run, parts: Sequence[str], selection: Selection | None) -> Iterator[Member]:
    if selection is not None:
        yield from (Member(sample=sample) for sample in run.samples(set(selection.sample_ids)))
    if "original" in parts:
        yield from (Member(sample=sample) for sample in run.samples())
    if "synthetic" in parts:
        yield from (Member(sample=one.sample, origin=one.origin) for one in kept(run.synthetic_path))


def _unique(members: Iterable[Member]) -> list[Member]:
    """The first of each text. Case and indentation tell texts apart, as in code; spaces that end a line do not."""
    first: dict[str, Member] = {}
    for member in members:
        sample = member.sample
        texts = map(_without_line_ends, (sample.input, sample.output))
        first.setdefault(digest(*texts, *_verdicts(sample)), member)
    return list(first.values())


def _without_line_ends(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _verdicts(sample: Sample) -> Iterator[str]:
    """What tells rows of equal text apart: the answer that was rejected, the label of the answer."""
    row = parse_json(sample.original)
    return (to_json(row[name]) for name in _VERDICT_COLUMNS if name in row)


def _split(members: Sequence[Member], share: float) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """(train, validation). A synthetic sample stays with the rows whose text it holds: else validation would leak."""
    wanted = round(share * len(members))
    groups: dict[str, list[Member]] = {}
    for member, root in zip(members, _roots(members), strict=True):
        groups.setdefault(root, []).append(member)
    held: list[Member] = []
    for group in groups.values():
        if len(held) + len(group) <= wanted:
            held += group
    chosen = {id(member) for member in held}
    return tuple(member for member in members if id(member) not in chosen), tuple(held)


def _roots(members: Sequence[Member]) -> list[str]:
    """For each member the name of its family: what is joined by common sources has one name."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            # Each step halves the way of the next one: families are as large as their data.
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for member in members:
        for parent in member.origin.sources if member.origin else ():
            leader[find(parent)] = find(member.sample.id)
    return [find(member.sample.id) for member in members]


def _nothing(run: Run, parts: Sequence[str]) -> str:
    if parts == ["synthetic"]:
        return (
            f"{run.path} has no synthetic samples yet: `goalcover synthesize {run.path} SUBGOAL -n 20 --out FILE` "
            "makes some."
        )
    return "nothing is left at this score: lower --min-score"
