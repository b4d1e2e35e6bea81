"""Broken outputs are told from what is usual in the data around them."""

import pytest
from goalcover.agent.models import Sample
from goalcover.tools.lows import read_openings
from goalcover.tools.outputs import faults

PAIRS = (
    ("How do I feed a hive of bees?", "Give the bees thick sugar syrup above the brood box in the evening."),
    ("How is clay fired in a kiln?", "Dry the clay pots for a week, then heat the kiln slowly to the first firing."),
    ("How do I tack a sailing boat?", "Bear away for speed, push the tiller over, and trim the sails on the new side."),
    ("Why does bread not rise?", "The yeast was too old, or the dough stood in a cold place; bake with fresh yeast."),
    ("What is the Queen's Gambit?", "A chess opening in which white offers the c pawn for the centre of the board."),
    ("How do I prune roses?", "Cut the roses in spring, above an outward bud, and remove the dead wood."),
    ("How do I tune a guitar?", "Tune the guitar's strings from E to E with a tuner, turning the pegs slowly."),
    ("How do I change a bicycle tyre?", "Lift the tyre off the bicycle's rim with levers and put a new tube in."),
    ("How is cheese made?", "Milk is curdled with rennet, the curd of the cheese is pressed, salted and aged."),
    ("What do stars burn?", "Stars fuse hydrogen into helium in their core, which makes the star shine."),
)
SAMPLES = [Sample(id=str(row), row=row, input=given, output=said) for row, (given, said) in enumerate(PAIRS, 1)]


def found(suspects, embedder, usual=None):
    others = SAMPLES if usual is None else usual
    every = {one.id: one for one in [*others, *suspects]}
    return faults(suspects, others, read_openings(every.values(), embedder))


def changed(output, sample=SAMPLES[0], sample_id="x"):
    return sample.model_copy(update={"id": sample_id, "output": output})


def test_sound_outputs_have_no_fault(embedder):
    assert found(SAMPLES, embedder) == {}


def test_an_empty_output_is_a_fault_where_others_are_filled(embedder):
    assert found([changed(" \n")], embedder) == {"x": "empty"}
    plain = [one.model_copy(update={"output": ""}) for one in SAMPLES]
    assert found(plain, embedder, plain) == {}


def test_an_output_that_stops_in_the_middle_is_a_fault_where_others_end(embedder):
    assert found([changed("Give the bees thick sugar syrup above the")], embedder) == {"x": "cut off"}
    open_ended = [one.model_copy(update={"output": one.output.rstrip(".")}) for one in SAMPLES]
    assert found(open_ended, embedder, open_ended) == {}


@pytest.mark.parametrize("output", ["yes", "for name in names:\n    print(name)\n    total += 1"])
def test_labels_and_code_end_as_they_like(embedder, output):
    assert found([changed(output)], embedder) == {}


def test_another_input_s_output_is_a_fault(embedder):
    swapped = [
        changed(other.output, sample, f"x{sample.id}")
        for sample, other in zip(SAMPLES, [*SAMPLES[1:], SAMPLES[0]], strict=True)
    ]
    told = faults([*swapped], SAMPLES, read_openings([*SAMPLES, *swapped], embedder))
    assert len(told) >= 3
    assert set(told.values()) == {"another input's"}
