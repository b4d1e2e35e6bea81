"""Names and descriptions of subgoals: two to four words as a title has them, and one sentence that a judge can use."""

import re
from collections.abc import Sequence

from goalcover.agent.elicitation import slug
from goalcover.agent.embedded import wordings
from goalcover.agent.embedded.clauses import FORM_SLOTS, Clause
from goalcover.agent.embedded.cues import cue_of
from goalcover.agent.embedded.domains import (
    Capability,
    Domain,
    domains,
    everywhere,
    key,
    mentioned,
    named,
    subgoal_of,
)
from goalcover.agent.embedded.items import is_frame
from goalcover.agent.embedded.manners import is_manner
from goalcover.agent.embedded.phrases import lower_first
from goalcover.agent.embedded.verbs import acts
from goalcover.agent.models import Slot, Subgoal

MOST_WORDS = 4
_CUT = re.compile(
    r"\s+(?:who|that|which|when|where|because|so|while|used|based|such|including|from|with|without|in|on|at|by|for|to)\b"
)
_DANGLING = re.compile(r"(?:\s+(?:of|and|or|the|a|an|in|on|for|with|to|its|their|by|from))+$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:an?|the|any)\s+", re.IGNORECASE)
_DOES_NOT = re.compile(r"^(?:never|does not|do not|don['’]t)\s", re.IGNORECASE)
"""A verb follows."""
_NO_VERB = re.compile(r"(?!(?:signal|trial|journal)\b)\w{2,}(?:nal|cal|gal|ial|ful|ous)\b", re.IGNORECASE)
"""But not in "never legal advice"."""
_REST = re.compile(
    r"^(?:(?:and|or)\s+\w+(?:\s+(?:out|up|in|down|on|off))?\s+)?(?:(?:their|its|our|the|a|an)\s+)?", re.IGNORECASE
)
"""Between a verb and its object: `and carry out their`."""
_SENTENCES: dict[Slot, str] = {"output": "The answer shows {}", "safety": "Observes {}", "evidence": "Refers to {}"}


def asked(found: Sequence[Clause], domain: Domain) -> tuple[Clause, ...]:
    """The clauses that want a subgoal.

    One task whose object is the field itself ("summarise bills") is what every sample does: its verb goes into the
    frame of the topics; several are told apart. What the embedded judge cannot see, such as who the readers are or how
    long an answer is, would come out as a gap whatever the data holds: it stays in the goal's context (`unseen`).
    """
    several = sum(bool(one.verb) for one in found) > 1
    wanted = [one for one in found if one.slot == "domain" or (one.slot in FORM_SLOTS and _is_seen(one, domain))]
    return tuple(one for one in wanted if several or not _is_plain_task(one, domain))


def unseen(found: Sequence[Clause], domain: Domain) -> tuple[str, ...]:
    """Names of what is asked for of an answer's form and cannot be seen, none twice."""
    forms = (_find_form(one, domain) for one in found if one.slot in FORM_SLOTS)
    return tuple(dict.fromkeys(form.name for form in forms if form and not form.seen))


def hidden_form(subgoal: Subgoal) -> bool:
    """Whether it asks for something of form that cannot be seen, such as a length, a tone or a referral."""
    if cue_of(subgoal) is not None:
        return False
    if is_manner(subgoal.description):
        return True
    if subgoal.scope != "every":
        return False
    said = key(subgoal.name)
    hidden = (one for domain in domains().values() for one in domain.capabilities if not one.seen)
    calls = {key(call) for one in hidden for call in (one.name, *one.says)}
    # One word of it may stand in the name of a subject, as "reasoning" in "clinical reasoning".
    return (
        bool(wordings.language(subgoal.name))
        or said in calls
        or any(call in said for call in calls if " " in call.strip())
    )


def _is_seen(clause: Clause, domain: Domain) -> bool:
    form = _find_form(clause, domain)
    return form is None or form.seen


def subgoal_for(clause: Clause, domain: Domain, frame: str) -> Subgoal:
    """The subgoal that covers a clause. `frame` is a sentence around a topic, with `{}`."""
    form = clause.slot in FORM_SLOTS
    found = _find_form(clause, domain) if form else _find_topic(clause.text, domain)
    return subgoal_of(found, frame) if found else describe(clause, frame)


def about(name: str, frame: str) -> str:
    """The description of a topic: what belongs to it where a field knows its name, or else the name, in the frame."""
    found = _known_topic(name)
    return frame.format(found.about if found else lower_first(name))


def redescribed(subgoal: Subgoal, name: str) -> str:
    """The description for another name: what a field says of that, where it was made from the old one; else as it was.

    Whoever calls oncology "the cancer desk", or car accidents "motor", still means the same.
    """
    if _known_topic(name) is None:
        return subgoal.description
    frames = (frame for domain in domains().values() for frame in (domain.frame, *domain.frames.values()))
    topic, said = _known_topic(subgoal.name), subgoal.description.casefold()
    made_of = [subgoal.name, *([topic.about] if topic else [])]
    frame = next((one for one in frames if said in {one.format(words).casefold() for words in made_of}), None)
    return about(name, frame) if frame else subgoal.description


def _known_topic(name: str) -> Capability | None:
    """The topic, in any field, whose first name this is: a stroke is no disease in swimming."""
    return next((one for one in everywhere(name) if one.about and not one.does and key(one.name) == key(name)), None)


def _find_topic(text: str, domain: Domain) -> Capability | None:
    """The topic that goes by this name; of other fields only by its first name."""
    return named(text, domain, ("domain",)) or _known_topic(text)


def _find_form(clause: Clause, domain: Domain) -> Capability | None:
    """The capability of form that a clause goes by or mentions; what it mentions in another slot does not count.

    The embedded judge reads English alone, and says nothing about the language of an answer.
    """
    if clause.slot != "task" and (language := wordings.language(clause.text)):
        return Capability(name=language, does=f"Answers in {language}", slot="output", scope="every", seen=False)
    slots = (*FORM_SLOTS, "domain") if clause.slot == "task" else FORM_SLOTS
    _, _, done_to = clause.text.partition(" ")
    called = [clause.text, clause.text.removeprefix("be "), *([f"{clause.verb} {done_to}"] if clause.verb else [])]
    known = next(filter(None, (named(text, domain, slots) for text in called)), None)
    known = known or mentioned(clause.text, domain, (clause.slot,))
    if known is None and clause.slot != "task" and is_manner(clause.text):
        said = clause.text[:1].upper() + clause.text[1:]
        return Capability(name=said, does=said, slot=clause.slot, scope="every", seen=False)
    return known


def _is_plain_task(clause: Clause, domain: Domain) -> bool:
    _, _, rest = clause.text.partition(" ")
    return bool(clause.verb) and is_frame(rest, domain) and _find_form(clause, domain) is None


def describe(clause: Clause, frame: str) -> Subgoal:
    """A subgoal in the clause's own words."""
    text = clause.text if clause.source is None else lower_first(clause.text)
    verb = clause.verb or wordings.VERBS.get(text.partition(" ")[0].lower(), "")
    if clause.slot not in FORM_SLOTS or (clause.slot == "task" and not verb and not acts(text)):
        return _subgoal(text, frame.format(text), "some")
    scope = "some" if clause.slot == "task" else "every"
    word, _, rest = text.partition(" ")
    if clause.slot != "task" and (never := wordings.NEVER.match(text)):
        what = _banned(text[never.end() :], verb=_DOES_NOT.match(text) is not None)
        return _subgoal(f"No {what}", f"Leaves out {what}", scope)
    rest = _REST.sub("", rest)
    if rest and verb:
        return _subgoal(f"{wordings.gerund(verb)} {rest}", f"{wordings.third(verb)} {rest}", scope)
    if rest and word.lower().endswith("s") and not text.isupper() and (clause.source is not None or acts(text)):
        return _subgoal(text, text, scope)
    if wordings.ADJECTIVE.match(text):
        return _subgoal(f"{text} style", f"Answers in a {text} way", scope)
    return _subgoal(text, _SENTENCES.get(clause.slot, "Does {}").format(text), scope)


def _banned(what: str, *, verb: bool) -> str:
    """What an answer leaves out, as a noun: `directly ask for passwords` is asking for them."""
    plain = _ARTICLE.sub("", what)
    if _NO_VERB.match(plain):
        return plain
    done = re.match(r"(?:(?:ever|\w+ly)\s+)*(?P<verb>[\w-]+)(?P<rest>.*)", plain, re.DOTALL)
    return f"{wordings.gerund(wordings.base(done['verb']))}{done['rest']}" if verb and done and plain == what else plain


def short_name(text: str) -> str:
    """Up to four words of a phrase, capitalised, without what stands in parentheses; five where that is all of it."""
    text = re.sub(r"\s*\([^()]*\)", "", text) or text
    words = text.split()
    if len(words) > MOST_WORDS:
        head = _CUT.split(text, maxsplit=1)[0]
        one_more = head == text and len(words) == MOST_WORDS + 1  # the noun stands last: not legal advice
        words = words if one_more else (head if len(head.split()) > 1 else text).split()[:MOST_WORDS]
    name = _DANGLING.sub("", " ".join(words))
    return name[:1].upper() + name[1:]


def _subgoal(name: str, description: str, scope: str) -> Subgoal:
    short = short_name(name)
    sentence = description[:1].upper() + description[1:]
    return Subgoal.model_validate({"id": slug(short), "name": short, "description": sentence, "scope": scope})
