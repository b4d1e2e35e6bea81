"""Requests follow the forms in which a dataset asks."""

import pytest
from goalcover.agent.models import Sample
from goalcover.tools.plan import forms_of


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
