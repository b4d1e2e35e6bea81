"""The decomposer as a language model plays it (section 3.2, step 4, Eq. 5), its checks guarded by the embedded ones."""

import asyncio
import re
from collections.abc import Sequence
from functools import partial

from goalcover.agent import material
from goalcover.agent.checker import Findings, both, check_findings, demanded, to_checks
from goalcover.agent.elicitation import (
    LEAST_SUBGOALS,
    MOST_SUBGOALS,
    Checks,
    DataProfile,
    Draft,
    Specification,
    free_id,
    slug,
)
from goalcover.agent.embedder import Embedder
from goalcover.agent.errors import ContextTooLongError, ModelAnswerError, ModelRefusedError
from goalcover.agent.language import in_english, own_words
from goalcover.agent.model import ChatModel
from goalcover.agent.models import Scope, Subgoal, Text
from goalcover.agent.prompt import fence, load_prompt, new_nonce
from goalcover.agent.roles import Decomposer
from goalcover.agent.structured import Strict, complaint
from pydantic import ValidationError


class Proposed(Strict):
    """A subgoal as the model proposes it."""

    id: str
    name: Text
    description: Text
    scope: Scope
    share: float | None = None
    weight: float = 1.0


class Proposal(Strict):
    """The decomposer's answer."""

    subgoals: tuple[Proposed, ...]


class LLMDecomposer:
    """Decomposes and checks with a model; of a goal in English a check holds only when the embedded one holds too."""

    def __init__(self, model: ChatModel, embedder: Embedder, guard: Decomposer | None) -> None:
        """`guard` is the embedded decomposer, which reads English alone; None where its model is not installed."""
        self._model = model
        self._embedder = embedder
        self._guard = guard

    async def decompose(self, specification: Specification, profile: DataProfile | None) -> Draft:
        """See `roles.Decomposer`. What the model cannot or will not take apart, the guard does. Raises ModelError."""
        nonce = new_nonce()
        messages = load_prompt("decomposer").messages(
            specification=fence(material.of_specification(specification), nonce),
            profile=fence(material.of_profile(profile), nonce),
        )
        try:
            answer = await self._model.structured(messages, Proposal, _check_proposal)
        except (ModelAnswerError, ModelRefusedError, ContextTooLongError) as error:
            if (guard := self._guard_for(specification)) is None:
                raise
            draft = await guard.decompose(specification, profile)
            return draft.model_copy(update={"note": f"Taken apart without the model: {error}. {draft.note}".strip()})
        return Draft(subgoals=_subgoals(answer.value))

    async def check(self, specification: Specification, subgoals: Sequence[Subgoal]) -> Checks:
        """See `roles.Decomposer`. Where model and embedded check disagree, the reason names both. Raises ModelError."""
        nonce = new_nonce()
        messages = load_prompt("checker").messages(
            specification=fence(material.of_specification(specification), nonce),
            subgoals=fence(material.of_subgoals(subgoals), nonce),
        )
        ids, guard = [one.id for one in subgoals], self._guard_for(specification, subgoals)
        try:
            answer = await self._model.structured(messages, Findings, partial(check_findings, ids))
        except (ModelAnswerError, ModelRefusedError, ContextTooLongError) as error:
            if guard is None:
                raise
            checks = await guard.check(specification, subgoals)
            return checks.model_copy(update={"note": f"Checked without the model: {error}."})
        texts = [f"{one.name}. {one.description}" for one in subgoals]
        vectors = await asyncio.to_thread(self._embedder.vectors, texts)
        findings = demanded(answer.value, own_words(specification))
        found = to_checks(findings, subgoals, vectors @ vectors.T)
        return both(found, await guard.check(specification, subgoals)) if guard else found

    def _guard_for(self, specification: Specification, subgoals: Sequence[Subgoal] = ()) -> Decomposer | None:
        return self._guard if in_english(specification, subgoals) else None


def _check_proposal(proposal: Proposal) -> None:
    n = len(proposal.subgoals)
    if not LEAST_SUBGOALS <= n <= MOST_SUBGOALS:
        raise ModelAnswerError(f"it has {n} subgoals; {LEAST_SUBGOALS} to {MOST_SUBGOALS} are wanted")
    try:
        _subgoals(proposal)
    except ValidationError as error:
        raise ModelAnswerError(complaint(error)) from error


def _subgoals(proposal: Proposal) -> tuple[Subgoal, ...]:
    found: list[Subgoal] = []
    for one in proposal.subgoals:
        fields = one.model_dump()
        fields["id"] = free_id(slug(one.id if re.search(r"[a-z]", one.id) else one.name), {each.id for each in found})
        fields["share"] = one.share if one.scope == "some" else None
        found.append(Subgoal(**fields))
    return tuple(found)
