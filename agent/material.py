"""What the prompts show of our types: the fields that matter to a model, and no more of a sample than it needs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeVar

from goalcover.agent.elicitation import DataProfile, Specification
from goalcover.agent.models import Alignment, Sample, Subgoal
from goalcover.agent.prompt import cut

MEMBERS = 6
"""Most typical samples of each cluster that the analyst reads."""
MEMBER_CHARACTERS = 500
"""Of each one's input and of its output; half as many of what the judge said."""
EXEMPLAR_CHARACTERS = 3_000
"""Of each side of a sample that the generator reads."""
T = TypeVar("T")


def in_calls(items: Sequence[T], most: int) -> list[tuple[T, ...]]:
    """The items call by call, at most so many in one, as few calls and as evenly as can be."""
    n = -(-len(items) // most)
    edges = [len(items) * place // n for place in range(n + 1)] if n else []
    return [tuple(items[start:end]) for start, end in pairwise(edges)]


def of_specification(specification: Specification) -> dict[str, Any]:
    """The goal and its answers."""
    answers = [{"slot": one.slot, "question": one.question, "answer": one.answer} for one in specification.answers]
    return {"goal": specification.goal, "answers": answers, "left_open_on_purpose": list(specification.skipped)}


def of_profile(profile: DataProfile | None) -> dict[str, Any] | str:
    """What the dataset looks like; its topics are other people's words."""
    if profile is None:
        return "no dataset yet"
    return {
        "topics": [{"name": topic.name, "share_of_samples": round(topic.share, 2)} for topic in profile.topics],
        "shape": profile.shape,
        "median_words": {"input": profile.input_words, "output": profile.output_words},
        "answers_show": list(profile.traits),
    }


def of_subgoal(subgoal: Subgoal) -> dict[str, str]:
    """Name and description."""
    return {"name": subgoal.name, "description": subgoal.description}


def of_subgoals(subgoals: Sequence[Subgoal]) -> list[dict[str, str]]:
    """With their ids."""
    return [{"id": one.id, **of_subgoal(one)} for one in subgoals]


def of_sample(sample: Sample, most: int) -> dict[str, str]:
    """Id and the beginnings of input and output, at most `most` characters of each."""
    return {"id": sample.id, "input": cut(sample.input, most), "output": cut(sample.output, most)}


def of_judged(alignment: Alignment, sample: Sample, most: int) -> dict[str, Any]:
    """A sample with what the judge said about it, at most half as many characters of that."""
    said = {"level": alignment.level, "explanation": cut(alignment.explanation, most // 2)}
    evidence = {"closest_passage": cut(alignment.evidence, most // 2)} if alignment.evidence else {}
    return {**of_sample(sample, most), **said, **evidence}
