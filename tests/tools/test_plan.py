"""Requests go over what is lacking, in the forms in which a dataset asks."""

import json
from collections import Counter

import pytest
from goalcover.agent.models import Capability, Gap, Goal, Sample, Subgoal
from goalcover.tools.material import read_material
from goalcover.tools.plan import forms_of, placed, plan
from unjudged import run_of

GUNS = Subgoal(id="guns", name="Firearms", description="Explains guns, their sale and background checks")


@pytest.mark.parametrize(
    ("asked", "forms"),
    [
        (
            ["Write a script that lists files."] * 8 + ["How do I list files?"] * 2,
            ["an instruction that says what to do", "a question that asks how"],
        ),
        (
            ["Is it safe?"] * 9 + ["Why is it safe?"],
            ["a question that is answered with yes or no", "a question that asks why"],
        ),
        (["Why is it safe?"] + ["The text of a law."] * 19, []),
    ],
)
def test_forms_that_a_dataset_uses_are_kept_the_commonest_first(asked, forms):
    samples = [Sample(id=str(row), row=row, input=text, output="") for row, text in enumerate(asked, 1)]
    assert forms_of(samples) == forms


@pytest.mark.parametrize(
    ("scope", "level", "titles"),
    [
        ("some", 1, {"Guns": 2, "Sale": 2, "Background checks": 2}),
        ("some", 2, {"Near health": 4, "Near taxes": 2}),
        ("every", 1, {"Near health": 4, "Near taxes": 2}),
    ],
)
def test_what_other_samples_are_about_is_not_what_new_ones_are_to_show(tmp_path, scope, level, titles, embedder):
    groups = tuple(
        Capability(title=f"Near {name}", summary="s", share=share, n=1, sample_ids=(name,), quotes=())
        for name, share in (("health", 0.7), ("taxes", 0.3))
    )
    data = tmp_path / "rows.jsonl"
    rows = [{"id": name, "question": f"{name}?", "answer": f"About {name}."} for name in ("health", "taxes")]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    goal = Goal(goal="g", subgoals=(GUNS.model_copy(update={"scope": scope}),))
    gap = Gap(subgoal_id="guns", alignment=0.1, capabilities=groups, recommendations=())
    material = read_material(run_of(data, tmp_path / "run", goal, lambda *_: level, gaps=(gap,)), "guns")
    asked = Counter[str]()
    for part in plan(material, 6):
        asked[part.brief.capability.partition(". ")[0]] += part.n
    assert dict(asked) == titles
    if "Sale" in titles:
        made = [Sample(id="n", row=1, input="Who looks into a buyer's criminal record?", output="The FBI checks it.")]
        assert placed(material, made, embedder) == [f"Background checks. {GUNS.description}"]
