import pytest
from goalcover.agent.embedded.disjointness import merge
from goalcover.agent.models import Goal, Subgoal
from goalcover.graph.edits import apply, read_change

GOAL = Goal(
    text="Help customers",
    subgoals=(
        Subgoal(id="billing", name="Explaining bills", description="Explains a bill"),
        Subgoal(id="meters", name="Meter readings and smart meters", description="Takes readings", share=0.2),
        Subgoal(id="gas", name="Gas leaks and danger", description="Says what to do", scope="every"),
    ),
)


def changed(said: str) -> Goal:
    change = read_change(said, GOAL)
    assert change is not None
    assert not change.problem
    return apply(change, GOAL)


@pytest.mark.parametrize(
    "said", ["drop billing", "Remove the bills subgoal.", "delete explaining bills", "please drop explaning bils"]
)
def test_a_subgoal_is_dropped(said):
    assert [one.id for one in changed(said).subgoals] == ["meters", "gas"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("drop billing and gas leaks", ["meters"]),
        ("no, get rid of Gas leaks and danger and Explaining bills please", ["meters"]),
        ("ok drop meter readings and smart meters, thanks", ["billing", "gas"]),
        ("could you remove the first?", ["meters", "gas"]),
        ("let's drop the last two", ["billing"]),
        ("drop gas from the list", ["billing", "meters"]),
    ],
)
def test_subgoals_are_dropped_together_by_name_or_place_and_politely(said, left):
    assert [one.id for one in changed(said).subgoals] == left


def test_courtesies_are_no_part_of_what_is_said():
    *_, second, _ = changed("actually split meter readings into dosing and side effects please").subgoals
    assert second.name == "Side effects"
    assert changed("please add hives to the topics, thank you").subgoals[-1].name == "Hives"
    assert changed("no, rename billing: Invoices").subgoals[0].name == "Invoices"


def test_a_subgoal_is_added_with_or_without_a_description():
    added = changed("add a subgoal about Heat pumps: Explains how heat pumps work.").subgoals[-1]
    assert (added.id, added.name, added.description) == ("heat-pumps", "Heat pumps", "Explains how heat pumps work")
    assert changed("add boiler service").subgoals[-1].description == "Answers questions about boiler service"


def test_several_changes_are_made_in_one_breath():
    both = changed("drop billing, and rename gas to Danger").subgoals
    assert [one.name for one in both] == ["Meter readings and smart meters", "Danger"]
    kept = changed("rename billing to Bills and drop-outs").subgoals[0]
    assert kept.name == "Bills and drop-outs"
    told = changed("add Menus: explains how to drop and add dishes").subgoals[-1]
    assert told.description == "Explains how to drop and add dishes"


def test_what_every_sample_must_do_is_a_subgoal_of_every_sample():
    added = changed("every sample must cite the law").subgoals[-1]
    assert (added.name, added.scope) == ("Cites the law", "every")


def test_renaming_and_rewording_keep_the_rest():
    renamed = changed("rename meter readings to Readings").subgoals[1]
    assert (renamed.id, renamed.name, renamed.share) == ("meters", "Readings", 0.2)
    reworded = changed("reword billing: Explains every line of a bill").subgoals[0]
    assert (reworded.name, reworded.description) == ("Explaining bills", "Explains every line of a bill")
    assert changed("change the description of billing to explains a bill to a child").subgoals[0].description == (
        "Explains a bill to a child"
    )


def test_a_split_shares_out_weight_and_share():
    first, *parts, last = changed("split meter readings into Meter readings and Smart meters").subgoals
    assert [one.name for one in parts] == ["Meter readings", "Smart meters"]
    assert [(one.weight, one.share) for one in parts] == [(0.5, 0.1), (0.5, 0.1)]
    assert (first.id, last.id) == ("billing", "gas")


def test_a_merge_takes_names_that_hold_an_and():
    merged = changed("merge Meter readings and smart meters and Explaining bills into Everyday").subgoals
    assert [one.name for one in merged] == ["Everyday", "Gas leaks and danger"]
    assert (merged[0].weight, merged[0].scope, merged[0].share) == (2.0, "some", 0.2)
    assert "readings" in merged[0].description
    assert "bill" in merged[0].description


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("merge the first and the last into Both", ["Both", "Meter readings and smart meters"]),
        ("merge billing and gas to Money", ["Money", "Meter readings and smart meters"]),
        ("merge 1-2 into Both", ["Both", "Gas leaks and danger"]),
        ("merge 1 and 3 into Both", ["Both", "Meter readings and smart meters"]),
        ("combine the first two", ["Explaining bills and meter readings and smart meters", "Gas leaks and danger"]),
        (
            "merge billing with gas into one",
            ["Explaining bills and gas leaks and danger", "Meter readings and smart meters"],
        ),
        ("merge the gas leaks into billing", ["Explaining bills", "Meter readings and smart meters"]),
        ("combine billing, meter readings, and gas into All", ["All"]),
    ],
)
def test_a_merge_takes_places_and_several(said, left):
    assert [one.name for one in changed(said).subgoals] == left


def test_with_joins_what_is_merged_alone():
    subgoals = (
        *(Subgoal(id=name[-6:], name=name, description=name) for name in ("Help with billing", "Insurance claims")),
        GOAL.subgoals[2],
    )
    goal = Goal(text="?", subgoals=subgoals)
    change = read_change("drop help with claims", goal)
    assert change.problem
    assert not change.edits
    assert [one.id for one in apply(read_change("drop help with billing", goal), goal).subgoals] == ["claims", "gas"]


def test_a_merge_by_a_button_and_one_by_words_ask_for_the_same():
    first, second, third = GOAL.subgoals
    first = first.model_copy(update={"weight": 3.0, "share": 0.3})
    kept = {"weight", "scope", "share"}
    for one in (second, third):
        goal = GOAL.model_copy(update={"subgoals": (first, one)})
        by_words = apply(read_change("merge the first two", goal), goal).subgoals[0]
        assert by_words.model_dump(include=kept) == merge(first, one).put[0].model_dump(include=kept)
        assert by_words.weight == 4.0


def test_a_description_made_from_the_name_stays_unless_a_field_knows_the_new_one():
    goal = apply(read_change("add oncolgy", GOAL), GOAL)
    healed = apply(read_change("rename oncolgy to oncology", goal), goal).subgoals[-1]
    assert healed.description == "Answers questions about cancer, its detection, prognosis and treatment"
    other = Goal(text="?", subgoals=(healed.model_copy(update={"name": "Oncology"}),))
    for name, about in (("Cardiology", "heart disease"), ("The cancer desk", "cancer, its detection")):
        assert about in apply(read_change(f"rename oncology to {name}", other), other).subgoals[0].description
    plain = apply(read_change("rename oncolgy to Bee keeping", goal), goal).subgoals[-1]
    assert plain.description == "Answers questions about oncolgy"
    assert changed("rename gas to Danger").subgoals[2].description == "Says what to do"


def test_an_id_keeps_the_letters_of_a_name():
    assert changed("add Übersetzung").subgoals[-1].id == "ubersetzung"


def test_scope_share_and_weight_are_set():
    assert changed("every sample should show billing").subgoals[0].scope == "every"
    some = changed("30 % of the samples should show gas leaks").subgoals[2]
    assert (some.scope, some.share) == ("some", 0.3)
    assert changed("some samples should show gas leaks").subgoals[2].scope == "some"
    assert changed("every answer must show meter readings").subgoals[1].share is None
    assert changed("weigh billing 2.5").subgoals[0].weight == 2.5
    assert changed("billing counts double").subgoals[0].weight == 2


def test_a_threshold_is_set_and_taken_away():
    assert changed("set the threshold to 0.6").threshold == 0.6
    assert changed("use 40 % as threshold").threshold == 0.4
    assert apply(read_change("no threshold", GOAL), GOAL.model_copy(update={"threshold": 0.5})).threshold is None


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("drop heating", "I know no subgoal heating"),
        ("drop billing and heating", "I know no subgoal heating"),
        ("drop billing, meter readings and gas", "all subgoals"),
        ("drop 3", "I know no subgoal 3"),
        ("merge 2-9", "I know no subgoal 2-9"),
        ("add “”", "Which one?"),
        ("rename billing to “”", "Into what?"),
        ("merge billing and heating", "I know no subgoal heating"),
        ("merge billing", "Which ones?"),
        ("split billing into one", "Into which parts?"),
        ("0 % of the samples should show billing", "more than 0"),
        ("add Explaining bills", "There is a subgoal Explaining bills already"),
        ("set threshold 0", "between 0 and 1"),
        ("weigh billing 0", "more than 0"),
    ],
)
def test_what_cannot_be_done_is_told(said, problem):
    change = read_change(said, GOAL)
    assert change.edit is None
    assert problem in change.problem


def test_the_last_subgoal_cannot_be_dropped():
    alone = GOAL.model_copy(update={"subgoals": GOAL.subgoals[:1]})
    assert "only subgoal" in read_change("drop billing", alone).problem


@pytest.mark.parametrize(
    "said",
    [
        "why is billing weak?",
        "start",
        "show the lowest samples of gas",
        "",
        "add",
        "1",
        "yes",
        "add 20 samples",
        "drop the rows below 0.4",
    ],
)
def test_other_messages_change_nothing(said):
    assert read_change(said, GOAL) is None


def test_new_ids_are_unique():
    twice = changed("split billing into Gas and Gas!").subgoals
    assert len({one.id for one in twice}) == len(twice) == 4
