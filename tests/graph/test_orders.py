"""Training sets in plain words: all that the command line can be told, and what was not understood."""

import pytest
from goalcover.agent.errors import InputError
from goalcover.graph.orders import UNNAMED, WITH_KEPT, Order, read_cut, read_order
from goalcover.graph.parts import Parts
from goalcover.graph.speech import agrees, approves

USUAL = Order()


def differences(order: Order) -> dict[str, object]:
    return {name: value for name, value in order.model_dump().items() if value != getattr(USUAL, name)}


@pytest.mark.parametrize(
    ("said", "ordered"),
    [
        (
            "export the goal-aligned plus synthetic mix for TRL",
            {"mix": "synthetic+goal-aligned", "format": "trl"},
        ),
        ("Export the goal-aligned rows as they are", {}),
        (
            "export the original data with the synthetic samples for LLaMA Factory",
            {"mix": "synthetic+original", "format": "llama-factory"},
        ),
        ("export everything for OpenAI", {"mix": "original", "format": "openai"}),
        ("export for axolotl", {"format": "axolotl"}),
        ("export as a Hugging Face DatasetDict", {"format": "huggingface"}),
        ("export the filtered rows as trl prompt-completion", {"format": "trl-prompt-completion"}),
        (
            "export only the synthetic ones as parquet",
            {"mix": "synthetic", "format": "parquet", "ending": ".parquet"},
        ),
        ("export for TRL as parquet", {"format": "trl", "ending": ".parquet"}),
        ("export as csv", {"ending": ".csv"}),
        ("export for TRL with 10% for validation and seed 7", {"format": "trl", "validation": 0.1, "seed": 7}),
        ("export everything with a 90/10 split", {"mix": "original", "validation": 0.1}),
        ("set aside 5 % of the rows for evaluation, export for TRL", {"format": "trl", "validation": 0.05}),
        ("export for TRL, hold out 20 percent", {"format": "trl", "validation": 0.2}),
        ("export for alpaca, validation 0.15, seed=42", {"format": "alpaca", "validation": 0.15, "seed": 42}),
        ("export for alpaca with a validation split", {"format": "alpaca", "validation": 0.1}),
        ("export the goal-aligned rows from 0.6 on", {"min_score": 0.6}),
        (
            "export the rows with a goal score of at least 0.55, keep the best 20 of each subgoal",
            {"min_score": 0.55, "quota": 20},
        ),
        ("push it to me/my-set", {"hub": "me/my-set"}),
        ("export for TRL, then upload it to Hugging Face as me/my.set-2.", {"format": "trl", "hub": "me/my.set-2"}),
        ("publish the synthetic samples as me/x, not public", {"mix": "synthetic", "hub": "me/x"}),
        ("push it publicly to acme/set", {"hub": "acme/set", "public": True}),
        ("push it to the hub", {"hub": UNNAMED}),
        ("export for TRL and push it to Hugging Face", {"format": "trl", "hub": UNNAMED}),
        ("export without the synthetic ones for TRL", {"mix": "original", "format": "trl"}),
        ("export all but the synthetic samples", {"mix": "original"}),
        ("export the original data, no synthetic, for TRL", {"mix": "original", "format": "trl"}),
        ("export the goal-aligned rows, not the generated ones", {}),
        ("export the synthetic samples without the original data", {"mix": "synthetic"}),
        (
            "export everything plus the new ones for TRL with 10% validation",
            {"mix": "synthetic+original", "format": "trl", "validation": 0.1},
        ),
        ("export my data with the new samples for TRL", {"mix": "synthetic+original", "format": "trl"}),
        ("export the goal-aligned rows and the ones I accepted", {"mix": "synthetic+goal-aligned"}),
        ("export the accepted samples", {"mix": "synthetic"}),
        ("export all my data", {"mix": "original"}),
    ],
)
def test_an_order_is_read(said, ordered):
    assert differences(read_order(said)) == ordered


@pytest.mark.parametrize(
    ("said", "unread"),
    [
        ("export for TRL without rows from eval.jsonl", "without rows from eval.jsonl"),
        ("export for TRL in French please", "French"),
        ("export for unsloth", "unsloth"),
        ("export to out/train.jsonl for trl", "out/train.jsonl"),
        ("export for TRL, sorted by length", "sorted by length"),
        ("export everything from a goal score of 0.6 on", "a goal score, which cuts goal-aligned rows alone"),
    ],
)
def test_what_was_not_understood_is_kept(said, unread):
    assert read_order(said).unread == (unread,)


@pytest.mark.parametrize(
    "said", ["export for TRL and OpenAI", "export for alpaca or sharegpt", "export for TRL, then LLaMA Factory"]
)
def test_two_formats_at_once_are_asked_back(said):
    with pytest.raises(InputError, match="in one format at a time"):
        read_order(said)


def test_it_means_the_training_set_of_before():
    mixed = read_order("export the goal-aligned plus synthetic mix for TRL")
    assert read_order("export it without the synthetic ones", mixed) == Order(format="trl")
    before = read_order("export the synthetic mix for TRL with 10% for validation and seed 3")
    pushed = read_order("push it to me/my-set", before)
    assert pushed == before.model_copy(update={"hub": "me/my-set"})
    assert read_order("and now export it for openai", pushed).hub == ""
    assert read_order("export the original data", before) == Order(mix="original")
    as_table = read_order("export it as csv", before)
    assert (as_table.format, as_table.ending, as_table.seed) == ("same", ".csv", 3)
    assert read_order("and that for openai", as_table).ending == ""


def test_kept_samples_are_in_it_unless_it_is_said_what_is():
    assert read_order("export for openai", has_kept=True) == Order(mix=WITH_KEPT, format="openai")
    assert read_order("Export the goal-aligned rows for OpenAI", has_kept=True) == Order(format="openai")
    assert read_order("export without the synthetic ones", has_kept=True) == Order(mix="original")
    before = read_order("export for TRL")
    assert read_order("export it for openai", before, has_kept=True).mix == "goal-aligned"


@pytest.mark.parametrize(
    "said", ["export only my own rows", "export real rows only", "export my data", "export just the uploaded samples"]
)
def test_who_asks_for_their_own_rows_gets_no_others(said):
    assert read_order(said, has_kept=True) == USUAL
    assert read_order(f"{said} and the kept samples", has_kept=True).mix.startswith("synthetic")
    pushed = read_order("push my own rows to me/x", has_kept=True)
    assert pushed == Order(hub="me/x")
    assert read_order("push it to my dataset me/x", has_kept=True).mix == WITH_KEPT


@pytest.mark.parametrize(
    ("said", "cut"),
    [
        ("which rows should I keep?", (None, None)),
        ("filter from a goal score of 0.7 on", (0.7, None)),
        ("filter, but keep the top 30 samples for every subgoal", (None, 30)),
    ],
)
def test_a_cut_is_read(said, cut):
    assert tuple(read_cut(Parts(said)).values()) == cut


@pytest.mark.parametrize(
    "said",
    [
        "yes", "ok", "go ahead", "yes please do it", "sure, do it!", "yeah", "please do", "yes please", "hm, yep",
        "yes, looks good", "looks good, yes", "ok, that's right", "yes looks good to me",
    ],
)  # fmt: skip
def test_a_yes_agrees(said):
    assert agrees(said) is True


def test_who_repeats_what_is_offered_agrees():
    assert agrees("please push it", "upload", "push") is agrees("Yes, upload", "upload", "push") is True
    assert agrees("Merge them", "Merge") is agrees("Yes, split it", "split") is True
    assert agrees("merge them into Bills", "Merge") is agrees("push it") is None


@pytest.mark.parametrize(
    "said",
    [
        "no",
        "No, keep it here",
        "don't",
        "cancel",
        "not yet",
        "keep it",
        "ok, leave it",
        "never mind",
        "not now, thanks",
    ],
)
def test_a_no_does_not(said):
    assert agrees(said) is False


@pytest.mark.parametrize(
    "said",
    [
        *("yes but publicly to you/x", "why is surgery weak?", "", "tomatoes", "yesterday", "no, I meant two"),
        *("ok, delete it", "fine, discard it", "ok, change it", "Sure, explain this", "ok, swap them", "yes, flip it"),
        *("don't know", "do not understand", "Not helpful", "never mention brand names"),
    ],
)
def test_anything_else_is_neither(said):
    assert agrees(said) is None


@pytest.mark.parametrize("said", ["fine", "looks good", "that's right", "Exactly!", "right, correct"])
def test_who_finds_something_right_orders_nothing(said):
    assert approves(said)
    assert agrees(said) is None


@pytest.mark.parametrize("said", ["yes", "not right", "fine tuning", "looks good, but merge them"])
def test_other_words_find_nothing_right(said):
    assert not approves(said)
