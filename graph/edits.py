"""A decomposition changed in plain words: "drop billing", "split X into A and B", "every sample should show X"."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from goalcover.agent.elicitation import Edit, free_id, merged, slug
from goalcover.agent.embedded.naming import about, redescribed
from goalcover.agent.embedded.phrases import joined, lower_first
from goalcover.agent.embedded.wordings import VERBS, third
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.names import all_spelt_out, named, telling
from goalcover.graph.speech import bare, own_words, places

_QUOTES = "\"'“”‘’` "
_MOST_PARTS = 20
_ABOUT = "Answers questions about {}"


@dataclass(frozen=True)
class Change:
    """What a message asks to change, or why it cannot be done."""

    edit: Edit | None = None
    more: tuple[Edit, ...] = ()
    """What is to be changed after it, in one breath."""
    threshold: float | None = None
    """A threshold to be set for all subgoals; 0 takes it away."""
    problem: str = ""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All of them, in order."""
        return (self.edit, *self.more) if self.edit else ()


class _UnclearError(Exception):
    """It is not clear which subgoal is meant; the text says so to the person."""


def read_change(text: str, goal: Goal) -> Change | None:
    """The change that a message asks for; None when it asks for none."""
    both = dict.fromkeys(said.rstrip(".!?") for said in (own_words(text), bare(text)))  # "no threshold", "no drop X"
    return next(filter(None, (_several(said, goal) or _one(said, goal) for said in both)), None)


def _several(said: str, goal: Goal) -> Change | None:
    """Changes in one breath: "drop A, and rename B to C"; None where a part of it is none, or not clear."""
    parts = _JOINT.split(said)
    if len(parts) < 2 or any(":" in part for part in parts[:-1]):
        return None
    made: list[Edit] = []
    for part in parts:
        change = _one(part, goal)
        if change is None or change.edit is None:
            return None
        made.append(change.edit)
        goal = apply(change, goal)
    return Change(edit=made[0], more=tuple(made[1:]))


def _one(said: str, goal: Goal) -> Change | None:
    for rule, act in _RULES:
        match = re.fullmatch(rule, said, re.IGNORECASE)
        if match is None:
            continue
        try:
            return act(goal, *(part or "" for part in match.groups()))
        except _UnclearError as unclear:
            return Change(problem=str(unclear))
    return None


def apply(change: Change, goal: Goal) -> Goal:
    """The goal with the change made."""
    if change.edits:
        for edit in change.edits:
            goal = goal.model_copy(update={"subgoals": edit.apply(goal.subgoals)})
        return goal
    return goal.model_copy(update={"threshold": change.threshold or None})


def fresh(name: str, description: str, subgoals: Sequence[Subgoal], like: Subgoal | None = None) -> Subgoal:
    """A new subgoal with an id of its own; scope, weight and share as those of `like`."""
    kept = like.model_dump(include={"weight", "scope", "share"}) if like else {}
    new = free_id(slug(name), {one.id for one in subgoals})
    return Subgoal(id=new, name=name, description=description, **kept)


def _drop(goal: Goal, who: str) -> Change:
    those = _those(who, goal)
    names = ", ".join(one.name for one in those)
    if len(those) == len(goal.subgoals):
        only = f"{names} is the only subgoal" if len(those) == 1 else "These are all subgoals"
        return Change(problem=f"{only}: a goal needs one. Reword it, or add another first.")
    return Change(Edit(label=f"Drop {names}", out=tuple(one.id for one in those)))


def _rename(goal: Goal, who: str, name: str) -> Change:
    subgoal = _the(who, goal)
    if not (new := _plain(name)):
        return Change(problem=f"Into what? Say: rename {subgoal.name} to …")
    return _replace(f"Rename {subgoal.name}", subgoal, name=new, description=redescribed(subgoal, new))


def _reword(goal: Goal, who: str, description: str) -> Change:
    subgoal = _the(who, goal)
    return _replace(f"Reword {subgoal.name}", subgoal, description=_sentence(description))


def _weigh(goal: Goal, who: str, weight: str) -> Change:
    subgoal = _the(who, goal)
    value = {"double": 2.0, "twice": 2.0, "half": 0.5, "triple": 3.0}.get(weight.lower(), -1.0)
    value = float(weight) if value < 0 else value
    if value == 0:
        return Change(problem=f"A weight is more than 0: drop {subgoal.name} if it does not count.")
    return _replace(f"Weigh {subgoal.name}", subgoal, weight=value)


def _every(goal: Goal, who: str) -> Change:
    subgoal = _the(who, goal)
    return _replace(f"Every sample should show {subgoal.name}", subgoal, scope="every", share=None)


def _rule(goal: Goal, rule: str) -> Change:
    """What every sample must do: a subgoal that goes by these words, or a new one."""
    if len(found := named(rule.strip(_QUOTES), goal.subgoals)) == 1:
        return _every(goal, found[0].name)
    verb, _, rest = _plain(rule).partition(" ")
    does = f"{third(VERBS.get(verb.lower(), verb))} {rest}".strip()
    added = fresh(_plain(does), _sentence(does), goal.subgoals).model_copy(update={"scope": "every"})
    return Change(Edit(label=f"Add {added.name}", put=(added,)))


def _some(goal: Goal, who: str) -> Change:
    subgoal = _the(who, goal)
    return _replace(f"Some samples should show {subgoal.name}", subgoal, scope="some")


def _share(goal: Goal, percent: str, who: str) -> Change:
    subgoal = _the(who, goal)
    share = float(percent) / 100
    if not 0 < share <= 1:
        return Change(problem=f"A share is more than 0 and at most 100%: {percent}% is not.")
    return _replace(f"{percent}% should show {subgoal.name}", subgoal, scope="some", share=share)


def _merge(goal: Goal, who: str, name: str) -> Change:
    those = _those(who, goal, "and|with")
    if len(those) == 1 and len(into := named(name.strip(_QUOTES), goal.subgoals)) == 1:
        those, name = tuple(dict.fromkeys((*those, *into))), into[0].name  # "merge A into B"
    if len(those) < 2:
        return Change(problem=f"Which ones? There are: {', '.join(one.name for one in goal.subgoals)}.")
    first, *others = those
    told = "; ".join((first.description.rstrip("."), *(lower_first(one.description.rstrip(".")) for one in others)))
    rest = [one for one in goal.subgoals if one not in those]
    called = _plain(name) or joined([first.name, *(lower_first(one.name) for one in others)])
    new = merged(fresh(called, told, rest), those)
    label = f"Merge {joined([one.name for one in those])}"
    return Change(Edit(label=label, out=tuple(one.id for one in those), put=(new,)))


def _split(goal: Goal, who: str, parts: str) -> Change:
    subgoal = _the(who, goal)
    names = [_plain(part) for part in re.split(r"\s*(?:,|;|\band\b|&)\s*", parts) if _plain(part)]
    if len(names) < 2:
        return Change(problem=f"Into which parts? Say: split {subgoal.name} into … and …")
    if len(names) > _MOST_PARTS:
        return Change(problem=f"{len(names):,} parts are too many at once: split {subgoal.name} into {_MOST_PARTS}.")
    rest = [one for one in goal.subgoals if one.id != subgoal.id]
    put: list[Subgoal] = []
    for name in names:
        part = fresh(name, about(name, _ABOUT), [*rest, *put], subgoal)
        put.append(part.model_copy(update={"weight": subgoal.weight / len(names), "share": _part(subgoal, len(names))}))
    return Change(Edit(label=f"Split {subgoal.name}", out=(subgoal.id,), put=tuple(put)))


def _part(subgoal: Subgoal, n: int) -> float | None:
    return None if subgoal.share is None else subgoal.share / n


def _add(goal: Goal, name: str, description: str) -> Change:
    if not (name := _plain(name)):
        return Change(problem="Which one? Say: add …, or add …: what it does.")
    if any(one.name.casefold() == name.casefold() for one in goal.subgoals):
        return Change(problem=f"There is a subgoal {name} already: reword it, or give the new one another name.")
    added = fresh(name, _sentence(description) if description else about(name, _ABOUT), goal.subgoals)
    return Change(Edit(label=f"Add {name}", put=(added,)))


def _threshold(_: Goal, value: str) -> Change:
    number = float(value.rstrip(" %")) / (100 if "%" in value else 1)
    if not 0 < number <= 1:
        return Change(problem="A threshold lies between 0 and 1: it is compared with the mean alignment.")
    return Change(threshold=number)


def _no_threshold(_: Goal) -> Change:
    return Change(threshold=0.0)


def _replace(label: str, subgoal: Subgoal, **changed: object) -> Change:
    new = Subgoal.model_validate(subgoal.model_dump() | changed)
    return Change(Edit(label=label, out=(subgoal.id,), put=(new,)))


def _those(who: str, goal: Goal, joint: str = "and") -> tuple[Subgoal, ...]:
    """The subgoals in "A, B and C", where a name may hold an "and" itself."""
    said = who.strip(_QUOTES)
    if found := _at(said, goal):
        return found
    spelt = all_spelt_out(said, goal.subgoals)
    for one in spelt:
        said = re.sub(re.escape(one.name), ",", said, count=1, flags=re.IGNORECASE)
    parts = [part for part in re.split(rf"[,;&]|\b(?:{joint})\b", said, flags=re.IGNORECASE) if telling(part)]
    try:
        others = tuple(_the(part, goal) for part in parts)
    except _UnclearError:
        if len(whole := named(who.strip(_QUOTES), goal.subgoals)) == 1:
            return whole
        raise
    return tuple(dict.fromkeys((*spelt, *others)))


def _at(who: str, goal: Goal) -> tuple[Subgoal, ...]:
    """The subgoals in "the first two" or "2-4"; a single number names none, as they are shown without numbers."""
    found = places(who, len(goal.subgoals))
    is_numbered = len(found) > 1 or re.search(r"[a-z]{3}", who, re.IGNORECASE)
    if not is_numbered or not all(1 <= one <= len(goal.subgoals) for one in found):
        return ()
    return tuple(goal.subgoals[one - 1] for one in found)


def _the(who: str, goal: Goal) -> Subgoal:
    found = _at(who, goal) or named(who.strip(_QUOTES), goal.subgoals)
    if len(found) == 1:
        return found[0]
    which = " or ".join(one.name for one in found) if found else ", ".join(one.name for one in goal.subgoals)
    question = "Which one: " if found else f"I know no subgoal {who.strip(_QUOTES)}. There are: "
    raise _UnclearError(f"{question}{which}{'?' if found else '.'}")


def _plain(name: str) -> str:
    stripped = name.strip(_QUOTES)
    return stripped[:1].upper() + stripped[1:]


def _sentence(text: str) -> str:
    return _plain(text).rstrip(".")


_ROWS = r"(?:samples?|rows?|examples?|answers?|data)"
_ONE = r"(?:the )?(?:subgoal |capability )?(.{1,200}?)"
_LIST = r"(?:(?:the|my|our|your) )?(?:topics?|subgoals?|list|plan|goals?|capabilities|domain)"
DROP = "drop|remove|delete|forget|leave out|get rid of|throw out|take out|scrap"
CHANGES = f"{DROP}|rename|merge|combine|split|reword|describe|weigh|add"
_JOINT = re.compile(rf"\s*(?:[,;]\s*(?:and )?(?:then )?|\band (?:then )?)(?=(?:{CHANGES})\b)", re.IGNORECASE)
_RULES: tuple[tuple[str, Callable[..., Change]], ...] = (
    (
        rf"(?:{DROP}) (?!(?:all |the |those |these |any )*{_ROWS}\b){_ONE}(?: subgoals?)?(?: from {_LIST})?",
        _drop,
    ),
    (rf"rename {_ONE}(?: (?:to|as|into)|:) (.+)", _rename),
    (
        r"(?:merge|combine|join|unite) (.{1,300}?)(?: (?:(?:in)?to one|together))?(?: (?:into|to|as|called) (.+))?",
        _merge,
    ),
    (rf"split {_ONE} (?:into|in) (.+)", _split),
    (rf"(?:reword|describe|redefine|define|rephrase) {_ONE}(?: (?:to|as)|:) (.+)", _reword),
    (rf"change the description of {_ONE} to:? (.+)", _reword),
    (
        rf"(?:weigh|weight) {_ONE} (?:at |as |with |by )?(\d{{1,6}}(?:\.\d{{1,9}})?|double|twice|half"
        rf"|triple)",
        _weigh,
    ),
    (rf"(?:give|set) {_ONE} (?:a |the )?weight (?:of |to )?(\d{{1,6}}(?:\.\d{{1,9}})?)", _weigh),
    (rf"(?:set )?(?:the )?weight of {_ONE} (?:to|is|=) (\d{{1,6}}(?:\.\d{{1,9}})?)", _weigh),
    (rf"{_ONE} (?:counts|should count|weighs) (double|twice|half|triple)", _weigh),
    (rf"(?:every|each) {_ROWS} (?:should|must|has to|needs to) (?:show|have|do|support) {_ONE}", _every),
    (rf"(?:every|each) {_ROWS} (?:should|must|has to|needs to) ((?!be\b|not\b|never\b|always\b)[a-z]{{2,}} .+)", _rule),
    (rf"{_ONE} (?:should be|must be|belongs) in (?:every|each) {_ROWS}", _every),
    (rf"(?:only )?some {_ROWS} (?:should|must|need to) (?:show|have|do|support) {_ONE}", _some),
    (
        rf"(\d{{1,3}}(?:\.\d{{1,9}})?) ?(?:%|percent) (?:of (?:the |all )?{_ROWS} )?"
        rf"(?:should|must) (?:show|have|be|be about|support) {_ONE}",
        _share,
    ),
    (r"(?:set|use|take) (?:a |the )?threshold (?:of |to |at )?(\d{0,3}\.?\d{1,9} ?%?)", _threshold),
    (r"(?:set|use|take) (\d{0,3}\.?\d{1,9} ?%?) as (?:the |a )?threshold", _threshold),
    (
        r"(?:use )?no threshold|(?:drop|remove|forget|reset|clear) (?:the )?threshold"
        r"|(?:go |switch )?(?:back to|use|take|restore|reset to) (?:the )?(?:default|usual|standard|normal|own|old)"
        r"(?: gap)? (?:rules?|thresholds?)",
        _no_threshold,
    ),
    (
        rf"add (?!(?:\d+|more|some|new|synthetic|other|a few|few)\b.*\b{_ROWS}\b)"
        r"(?:an? |the |another )?(?:new )?(?:subgoal|capability)?:? ?"
        rf"(?:called |named |about |for |on )?([^:]+?)(?: (?:to|in) {_LIST})?(?:: ?(.+))?",
        _add,
    ),
)
