"""What a removal takes, and what is said of a removals file that cannot be used."""

import json

import pytest
from assessing import GOAL
from goalcover.agent.errors import InputError
from goalcover.agent.models import Sample
from goalcover.agent.validation import Removal
from goalcover.tools.studies.domain import load_domain
from goalcover.tools.studies.removals import load_removals, masks, masks_of_all


def sample(text: str = "", output: str = "", **row: object) -> Sample:
    return Sample(id="1", row=1, input=text, output=output, original=json.dumps(row))


@pytest.mark.parametrize(
    ("term", "text", "taken"),
    [
        ("heart", "Two HEARTS beat", True),
        ("heart", "my sweetheart", False),
        ("heart", "hearty", False),
        ("box", "the boxes", True),
        ("therapy", "gene therapies", True),
        ("therapy", "therapist", False),
        ("cardio*", "Cardiologists agree", True),
        ("cardio*", "myocardiopathy", False),
        ("machine learning", "Machine\n  Learning", True),
        ("mg", "take 5 mg", True),
        ("C++", "in C++11", True),
        ("C++", "in C", False),
        ("$", "costs $5", True),
        ("a.b", "acb", False),
    ],
)
def test_terms_are_whole_words_in_either_case_and_number(term, text, taken):
    assert Removal(id="r", target="heart", terms=(term,)).matches(sample(text)) is taken


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [("(?i)child|infant", False), ("(?s)cancer.*patients", True), ("(?im)^cancer", True), ("cancer.*patients", False)],
)
def test_a_pattern_may_begin_with_flags(pattern, taken):
    removal = Removal(id="r", target="heart", terms=("budget",), pattern=pattern)
    assert [removal.matches(sample(text)) for text in ("Two\nCancer\npatients", "Budgets")] == [taken, True]


def test_a_pattern_that_never_ends_is_told_with_the_sample_it_hangs_on(monkeypatch):
    monkeypatch.setattr("goalcover.agent.validation.PATIENCE", 0.05)
    removal = Removal(id="r", target="heart", pattern="(a|aa)+$")
    with pytest.raises(InputError, match="removal r: the pattern takes too long on sample 1"):
        masks([removal], [sample("a" * 5_000 + "!")])


def test_terms_and_pattern_together_take_what_either_matches():
    removal = Removal(id="r", target="heart", terms=("budget",), pattern=r"\$\s?\d")
    assert [removal.matches(sample(text)) for text in ("$ 5", "Budgets", "five")] == [True, True, False]


def test_fields_say_where_to_look():
    removal = Removal(id="r", target="heart", terms=("heart",), fields=("output",))
    assert not removal.matches(sample("heart"))
    assert removal.matches(sample("", "heart"))


def test_a_label_is_compared_as_a_person_reads_it():
    removal = Removal.model_validate({"id": "r", "target": "heart", "where": {"column": "topic", "equals": 1}})
    taken = [sample(topic=one) for one in ("1", 1, [2, 1], 1.0, " 1.0 ")]
    left = [sample(topic=12), sample(topic=None), sample(topic=True), sample()]
    assert masks([removal], [*taken, *left]).tolist() == [[True] * 5 + [False] * 4]


def test_words_are_compared_without_case_and_blanks():
    removal = Removal.model_validate({"id": "r", "target": "heart", "where": {"column": "topic", "equals": "Yes "}})
    assert masks([removal], [sample(topic=" YES"), sample(topic="no")]).tolist() == [[True, False]]


def test_a_label_that_no_row_holds_is_refused_with_those_that_are_held():
    removal = Removal.model_validate({"id": "r", "target": "heart", "where": {"column": "topic", "equals": "x"}})
    with pytest.raises(InputError, match=r"removal r: no row has 'x' in column 'topic'; it holds law, 2"):
        masks_of_all([removal], [sample(topic="law"), sample(topic=2), sample(topic=["law"]), sample(topic=None)])


def test_a_label_that_no_row_has_is_refused_with_the_columns_there_are():
    removal = Removal.model_validate({"id": "r", "target": "heart", "where": {"column": "topik", "equals": "x"}})
    with pytest.raises(InputError, match=r"no row has a column 'topik'; there are id, topic"):
        masks_of_all([removal], [sample(id=1, topic="x")])


def test_a_file_is_read_as_the_contract_writes_it(tmp_path):
    path = tmp_path / "removals.yaml"
    path.write_text(
        "removals:\n"
        "  - id: hearts\n    target: heart\n    terms: [cardiac, who?]\n    fields: [input, output]\n"
        "  - id: label\n    target: drug\n    where: {column: topic, equals: yes}\n"
    )
    hearts, label = load_removals(path, GOAL)
    assert (hearts.terms, hearts.fields) == (("cardiac", "who?"), ("input", "output"))
    assert masks([label], [sample(topic="yes"), sample(topic=True)]).tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("removals: []", "removals: "),
        ("removals: [{target: heart, terms: [x]}]", "removal 1, id: is missing"),
        ("removals: [{id: a, target: heart, terms: x}]", "removal a, terms: has to be a list"),
        ("removals: [{id: a, target: heart, terms: [1]}]", "removal a, terms, 1: has to be text"),
        ("removals: [{id: a, target: heart, terms: [x], fields: [both]}]", "removal a, fields, 1: has to be 'input'"),
        ("[a]", "the file: has to be a mapping"),
        ("removals: [{id: a, target: heart}]", r"removal a: needs either `terms` \(or `pattern`\) or `where`"),
        ("removals: [{id: a, target: lung, terms: [x]}]", r"removal a: no subgoal 'lung'; there are heart, drug"),
        ("removals: [{id: a, target: heart, term: [x]}]", "removal a, term: is not a known key"),
        ("removals: [{id: a, target: heart, pattern: '('}]", "removal a, pattern: is no regular expression"),
        (
            "removals: [{id: a, target: heart, terms: [x]}, {id: a, target: drug, terms: [y]}]",
            "two removals are called a",
        ),
        ("removals: [", "is not YAML"),
        ("just text", "the file: "),
        ("removals: [{id: a, target: heart, terms: [x], terms: [y]}]", "the key `terms` stands twice"),
        ("[" * 5_000, "nested too deep for a removals file"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(tmp_path, content, said):
    path = tmp_path / "removals.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=said) as told:
        load_removals(path, GOAL)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"There is no removals file .*nowhere\.yaml: it holds `removals:`"):
        load_removals(tmp_path / "nowhere.yaml", GOAL)


@pytest.mark.parametrize("name", ["medical", "legal", "code"])
def test_the_paper_s_domains_name_two_removals_each_and_what_the_paper_found(name):
    domain = load_domain(name)
    assert len(domain.removals) == 2
    assert set(domain.paper) == {removal.id for removal in domain.removals}
    for published in domain.paper.values():
        assert set(published.subgoals) == {subgoal.id for subgoal in domain.goal.subgoals}


def test_an_unknown_domain_is_refused():
    with pytest.raises(InputError, match="there are medical, legal, code"):
        load_domain("finance")
