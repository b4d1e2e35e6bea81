import pytest
from goalcover.graph.wishes import form_in, format_in, how_many, mix_in, read_review


@pytest.mark.parametrize(
    "said", ["looks good", "Accept all", "keep them", "keep the rest", "yes", "they are fine", "done"]
)
def test_proposals_are_kept(said):
    assert read_review(said).verb == "keep"


@pytest.mark.parametrize(
    ("said", "numbers", "why"),
    [
        ("reject 3", (3,), ""),
        ("Reject 2, 5: too long", (2, 5), "too long"),
        ("drop 1 and 4, they repeat each other", (1, 4), "they repeat each other"),
    ],
)
def test_single_ones_are_rejected_with_a_reason(said, numbers, why):
    wish = read_review(said)
    assert (wish.verb, wish.numbers, wish.text) == ("reject", numbers, why)


def test_all_are_rejected_at_once():
    assert read_review("reject all").verb == "drop"


def test_one_is_edited():
    wish = read_review("edit 3: Take 500 mg\nand rest.")
    assert (wish.verb, wish.numbers, wish.text) == ("edit", (3,), "Take 500 mg\nand rest.")


def test_others_are_wished_for():
    assert read_review("stricter").strict
    nurses = read_review("only questions from nurses")
    assert (nurses.verb, nurses.text, nurses.strict) == ("again", "questions from nurses", False)
    assert read_review("again").verb == "again"


@pytest.mark.parametrize("said", ["why is cardiology weak?", "show the coverage", ""])
def test_other_messages_are_no_review(said):
    assert read_review(said) is None


def test_form_and_number_are_read():
    assert form_in("make 20 samples for drugs, but only questions from nurses") == "only questions from nurses"
    assert form_in("make 20 samples for drugs") == ""
    assert (how_many(None), how_many(7), how_many(10_000)) == (20, 7, 500)


@pytest.mark.parametrize(
    ("said", "mix", "form"),
    [
        ("export the goal-aligned plus synthetic mix for TRL", "synthetic+goal-aligned", "trl"),
        ("Export the goal-aligned rows as they are", "goal-aligned", "same"),
        (
            "export the original data with the synthetic samples for LLaMA Factory",
            "synthetic+original",
            "llama-factory",
        ),
        ("export only the synthetic ones as parquet", "synthetic", "parquet"),
        ("export everything for OpenAI", "original", "openai"),
        ("export for axolotl", "goal-aligned", "axolotl"),
        ("export as a Hugging Face DatasetDict", "goal-aligned", "huggingface"),
        ("export the filtered rows as trl prompt-completion", "goal-aligned", "trl-prompt-completion"),
    ],
)
def test_mix_and_trainer_are_read(said, mix, form):
    assert (mix_in(said), format_in(said)) == (mix, form)
