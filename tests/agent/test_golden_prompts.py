"""What reaches a model, word for word: a change of a prompt is read as a difference before it is committed."""

import asyncio
import re
from contextlib import suppress

import pytest
from goalcover.agent.advisor import LLMAdvisor
from goalcover.agent.analyst import LLMAnalyst
from goalcover.agent.clarifier import LLMClarifier
from goalcover.agent.companion import LLMCompanion
from goalcover.agent.decomposer import LLMDecomposer
from goalcover.agent.discriminator import LLMDiscriminator
from goalcover.agent.embedded.advisor import EmbeddedAdvisor
from goalcover.agent.errors import ModelAnswerError
from goalcover.agent.generator import LLMGenerator
from goalcover.agent.synthesis import Anchors, Brief, Candidate, Rejected
from goalcover.agent.talk import Turn
from role_data import ATTACK, CAPABILITY, DRUGS, PROFILE, SPECIFICATION, STANDING, SUBGOALS, cluster, sample
from scripted import chat_model, scripted, serving

BRIEF = Brief(
    capability="Bleeding under two blood thinners",
    exemplars=(sample(1), sample(2, ATTACK)),
    explanations=("It names one medicine only.",),
    rejected=(Rejected(input="in", output="out", reason="It invents a study."),),
)
CANDIDATE = Candidate(id="c", input="ask", output=ATTACK, capability="c", difficulty="basic", form="")


async def companion(model):
    async for _ in LLMCompanion(model).answer([Turn("user", "Why?")], "Goal: help nurses", ()):
        pass


ROLES = {
    "clarifier": lambda model: LLMClarifier(model, None).ask(SPECIFICATION, PROFILE),
    "decomposer": lambda model: LLMDecomposer(model, None, None).decompose(SPECIFICATION, None),
    "checker": lambda model: LLMDecomposer(model, None, None).check(SPECIFICATION, SUBGOALS),
    "analyst": lambda model: LLMAnalyst(model, None).name(DRUGS, [cluster(1, 2)], [sample(50, ATTACK)]),
    "advisor": lambda model: LLMAdvisor(model, EmbeddedAdvisor()).recommend(DRUGS, STANDING, [CAPABILITY]),
    "generator": lambda model: LLMGenerator(model).generate(DRUGS, BRIEF, 2),
    "discriminator": lambda model: LLMDiscriminator(model).judge(
        DRUGS, [CANDIDATE], Anchors(strong=sample(1), weak=sample(2))
    ),
    "companion": companion,
}
FORMS = ("questions", "subgoals", "atomic", "capabilities", "recommendations", "samples", "verdicts")


@pytest.mark.parametrize("role", ROLES)
def test_what_reaches_the_model(role, tmp_path, golden):
    with serving(brain=scripted(**dict.fromkeys(FORMS, "nothing"))) as server:
        with suppress(ModelAnswerError):  # only the question matters here
            asyncio.run(ROLES[role](chat_model(server, tmp_path)))
        asked = next(chat for chat in server.chats if "France" not in chat["messages"][1]["content"])
    told = "\n\n".join(f"----- {one['role']} -----\n{one['content']}" for one in asked["messages"][:2])
    golden(f"prompts/{role}.md", re.sub(r"data-[0-9a-f]{16}>", "data-NONCE>", told) + "\n")
