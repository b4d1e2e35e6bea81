"""Broken outputs are told from what is usual in the data around them."""

import itertools

import pytest
from goalcover.agent.models import Sample
from goalcover.tools.kinds import LEAST_BROKEN
from goalcover.tools.outputs import Pairs, faults

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
    ("How do I get rid of moths?", "Wash the woollens, freeze them for three days, and hang lavender in the wardrobe."),
    ("How is paper made?", "Wood is boiled to a pulp, and the fibres are spread on a screen, pressed and dried."),
    ("How do I read a tide table?", "Find the port and the day; the table lists the times and heights of high water."),
    ("Why do leaves turn red?", "In autumn the green pigment breaks down, and red anthocyanins show in the leaf."),
    ("How do I poach an egg?", "Slide the egg into water that barely simmers, and lift it out after three minutes."),
    ("What is compound interest?", "Interest that is added to the sum, so that next year it earns interest itself."),
    ("How do vaccines work?", "They show the immune system a harmless part of the germ, so that it is remembered."),
    ("How do I solder a wire?", "Heat the wire with the iron, not the solder, and let the solder flow into the joint."),
    ("What causes thunder?", "Lightning heats the air so fast that it bursts outwards, and we hear the shock wave."),
    (
        "How do I train a puppy to sit?",
        "Hold a treat above the puppy's nose, move it back, and praise it when it sits.",
    ),
)
SAMPLES = [Sample(id=str(row), row=row, input=given, output=said) for row, (given, said) in enumerate(PAIRS, 1)]


def found(suspects, embedder, usual=None):
    others = SAMPLES if usual is None else usual
    return faults(suspects, others, Pairs(embedder))


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


def test_a_verdict_that_many_outputs_end_with_is_a_proper_end(embedder):
    verdict = [one.model_copy(update={"output": f"{one.output} {'yes' if one.row % 2 else 'no'}"}) for one in SAMPLES]
    assert found(verdict, embedder, verdict) == {}
    assert found([changed("Give the bees thick sugar syrup above the")], embedder, verdict) == {"x": "cut off"}


@pytest.mark.parametrize(
    "output",
    [
        "मधुमक्खियों को पतझड़ में गाढ़ा चीनी का शरबत दें और छत्ते को गर्म रखें।",
        "ให้น้ำเชื่อมน้ำตาลข้นแก่ผึ้งในฤดูใบไม้ร่วงและรักษารังให้อบอุ่นตลอดฤดูหนาว",
        "Give the bees thick sugar syrup above the cluster 🐝",
        "Give the bees thick sugar syrup, which comes to £30",
    ],
)
def test_other_scripts_figures_and_emoji_are_proper_ends(embedder, output):
    assert found([changed(output)], embedder) == {}


def test_a_signature_is_a_proper_end(embedder):
    signed = "Dear keeper, give the bees thick sugar syrup in the evening.\nYours sincerely, H. Berg"
    assert found([changed(signed)], embedder) == {}


def test_code_with_an_open_bracket_is_a_fault_where_other_code_closes_its_own(embedder):
    shown = 'for hive in hives:\n    feed(hive, "syrup :(")\n    print("The bees are fed")'
    coded = [changed(shown, one, one.id) for one in SAMPLES]
    assert "cut off" not in found(coded, embedder, coded).values()
    assert found([changed(shown[:-1])], embedder, coded)["x"] == "cut off"


@pytest.mark.parametrize("output", ["yes", "for hive in hives:\n    feed(hive, syrup)\n    bees += 1"])
def test_labels_and_code_end_as_they_like(embedder, output):
    assert found([changed(output)], embedder) == {}


def swapped(samples):
    """Each with the next one's output."""
    return [
        changed(other.output, sample, f"x{sample.id}")
        for sample, other in zip(samples, [*samples[1:], samples[0]], strict=True)
    ]


def test_outputs_of_other_inputs_are_found_where_there_are_few_and_where_every_second_one_is(embedder):
    for n in (4, 10):
        told = found([*swapped(SAMPLES[:n]), *SAMPLES[n:]], embedder, [*swapped(SAMPLES[:n]), *SAMPLES[n:]])
        assert set(told.values()) == {"another input's"}
        assert all(sample_id.startswith("x") for sample_id in told)
        assert len(told) >= 0.7 * n


def test_an_output_is_held_against_the_best_passages_of_a_long_input(embedder):
    talk = " ".join(f"They also talked about {word} for a while." for word in ("football", "the weather", "trains") * 9)
    long = [one.model_copy(update={"input": f"{talk} {one.input} {talk}"}) for one in SAMPLES]
    assert found(long, embedder, long) == {}
    told = found(swapped(long[:6]), embedder, [*swapped(long[:6]), *long[6:]])
    assert len(told) >= 4


def test_outputs_that_say_the_same_whatever_is_asked_are_the_data_s_own_way(embedder):
    polite = [changed(f"Thank you for number {one.id}. We will answer soon.", one, one.id) for one in SAMPLES]
    assert found(polite, embedder, polite) == {}


def test_where_outputs_are_but_labels_none_is_another_input_s(embedder):
    labels = [one.model_copy(update={"output": "yes"}) for one in SAMPLES]
    assert found(swapped(SAMPLES), embedder, labels) == {}


DESK = {
    "I sent {} to the wrong account": "Please call us right away. If the money has not been booked we can recall it; "
    "otherwise we ask the receiving bank.",
    "My transfer of {} to my landlord has not arrived": "I am sorry for the wait. A transfer of {} within the country "
    "normally arrives the next working day.",
    "How long does an international transfer of {} take?": "An international transfer takes between one and four "
    "working days. Inside the SEPA area {} arrives the next working day.",
    "can you refund the overdraft fee of {}": "As a courtesy we can refund one overdraft fee a year. I have booked {} "
    "back to your account.",
}


def test_like_inputs_with_like_answers_are_sound_though_other_answers_come_nearer(embedder):
    asked = itertools.product(("Hello, ", "Good morning. "), ("300 EUR", "45 EUR", "1,250 EUR"), DESK.items())
    rows = [
        Sample(id=f"{row}", row=row, input=f"{hello}{given.format(amount)}", output=said.format(amount))
        for row, (hello, amount, (given, said)) in enumerate(asked, 1)
    ]
    assert found(rows, embedder, rows) == {}


def test_polite_answers_that_could_stand_for_one_another_make_no_pattern(embedder):
    asked = ("parcel", "refund", "invoice", "new router", "contract", "technician", "reply to my letter", "deposit")
    polite = (
        "Thank you for your patience. We are looking into this and will get back to you soon.",
        "I am sorry for the wait. A colleague will look into it and call you within two days.",
        "Thanks for getting in touch. I have passed your request on to the team in charge.",
    )
    desk = [
        Sample(id=f"d{row}", row=row, input=f"Where is my {thing}?", output=polite[row % 3])
        for row, thing in enumerate(asked)
    ]
    assert len(found(desk, embedder, [*SAMPLES, *desk])) < LEAST_BROKEN
