"""What the embedded analyst says of clusters: true counts, the user's words, verbatim quotes."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from goalcover.agent.embedded.analyst import EmbeddedAnalyst
from goalcover.agent.embedded.phrases import phrases
from goalcover.agent.embedded.terms import key_terms
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Alignment, Capability, Sample, Subgoal
from goalcover.agent.roles import Cluster
from goalcover.agent.vectors import VectorCache

HEART = Subgoal(
    id="heart",
    name="Cardiology expertise",
    description="Answers questions about heart disease, its diagnosis and its treatment",
)
MONEY = Subgoal(
    id="money", name="Money", description="The summary keeps the amounts of money that the bill names", scope="every"
)
BIRTHS = (
    "How long does a pregnancy last? A pregnancy lasts about forty weeks.",
    "When does labour begin in a first pregnancy? Labour begins with regular contractions.",
    "Is swimming safe in a pregnancy? Swimming is safe, and the midwife may suggest it.",
    "What does a midwife do? The midwife looks after the pregnancy and the labour.",
)
FLIGHTS = (
    "How early must I be at the airport? Two hours before the flight, so that the luggage is checked.",
    "May I carry a bottle on the flight? Only in the luggage that is checked at the airport.",
    "My luggage is lost. Go to the airport desk with the ticket.",
    "The flight is late. The airline pays for a meal at the airport.",
)


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAnalyst]:
    path: Path = tmp_path_factory.mktemp("cache")
    with VectorCache(path / "vectors.sqlite") as cache:
        yield EmbeddedAnalyst(Embedder(cache))


def cluster(texts: tuple[str, ...], level: int = 0, output: str = "") -> Cluster:
    samples = tuple(Sample(id=text[:12], row=1, input=text, output=output) for text in texts)
    alignments = tuple(
        Alignment(sample_id=one.id, subgoal_id="heart", level=level, explanation="e", evidence=one.input, judge="j")
        for one in samples
    )
    return Cluster(alignments, samples, near=level >= 2, of=len(samples))


def named(analyst: EmbeddedAnalyst, *clusters: Cluster, subgoal: Subgoal = HEART) -> tuple[Capability, ...]:
    of = sum(len(one.samples) for one in clusters)
    return asyncio.run(analyst.name(subgoal, [replace(one, of=of) for one in clusters], ()))


def test_what_is_missing_and_what_is_there_instead_are_both_named(analyst):
    births, flights = named(analyst, cluster(BIRTHS), cluster(FLIGHTS))
    assert births.title.startswith("Nothing on heart disease")
    assert "pregnancy" in births.title
    assert "airport" in flights.title or "flight" in flights.title
    assert "pregnancy" not in flights.title


def test_a_group_is_said_to_be_about_what_half_of_it_is_about_and_no_less(analyst):
    sorts = (
        "Who won the chess match? The champion won it in the last round.",
        "How is cheese made? Milk is heated, and the whey is drained.",
        "What is a volcano? A mountain through which lava comes up.",
        "How do I tune a guitar? Turn the pegs until each string is right.",
    )
    mixed, _ = named(analyst, cluster((*BIRTHS[:2], *sorts)), cluster(FLIGHTS))
    assert "samples on various subjects, such as pregnancy" in mixed.title
    assert "are on various subjects, such as pregnancy" in mixed.summary
    assert "largely" not in mixed.summary
    assert mixed.instead == ""


def test_a_large_group_is_read_throughout_not_at_its_most_typical_alone(analyst):
    texts = [f"How long does a pregnancy last in week {n}? The midwife looks after the pregnancy." for n in range(60)]
    others = [f"How early must I be at the airport for flight {n}? The luggage is checked there." for n in range(180)]
    (found,) = named(analyst, cluster((*texts, *others)))
    assert "pregnancy" not in found.instead


def test_figures_are_counted(analyst):
    births, flights = named(analyst, cluster(BIRTHS), cluster(FLIGHTS[:3]))
    assert (births.n, flights.n) == (4, 3)
    assert births.share + flights.share == pytest.approx(1.0)
    assert births.summary.startswith("4 of the 7 low-scoring samples (57%), mostly at level 0 (none)")


def test_quotes_are_verbatim_short_and_different(analyst):
    long = "The midwife came early, as she had promised on the day before. " * 8
    (found,) = named(analyst, cluster((long, long, *BIRTHS)))
    assert len(found.quotes) == 3
    assert len(set(found.quotes)) == 3
    assert long.startswith(found.quotes[0])
    assert all(len(quote) <= 240 for quote in found.quotes)


@pytest.mark.parametrize(
    "before", ["A road is built. ", "A road is built, and beside it a path, ", "Section-by-section-"]
)
def test_a_quote_for_a_form_shows_it(analyst, before):
    (found,) = named(analyst, cluster((f"{before * 12}it costs $4.5 million in all.",)), subgoal=MONEY)
    assert len(found.quotes[0]) <= 240
    assert "costs $4.5 million in all" in found.quotes[0]


def test_near_misses_are_told_apart_from_samples_about_something_else(analyst):
    near, off = named(analyst, cluster(("The heart beats. It is a muscle.",), level=2), cluster(FLIGHTS))
    assert near.title.startswith("Near misses")
    assert not off.title.startswith("Near misses")


def test_one_sample_alone_is_told_in_the_singular(analyst):
    (found,) = named(analyst, cluster(BIRTHS[:1]))
    assert found.summary.startswith("The one low-scoring sample, at level 0 (none), is ")


def test_key_terms_and_the_source_of_each_quote_are_given(analyst):
    births, flights = named(analyst, cluster(BIRTHS), cluster(FLIGHTS))
    assert "pregnancy" in births.terms
    assert {"airport", "flight", "luggage"} & set(flights.terms)
    assert "pregnancy" in births.instead
    assert births.quote_ids == tuple(quote[:12] for quote in births.quotes)


def test_two_clusters_on_one_subject_get_different_titles(analyst):
    first, second = named(analyst, cluster(FLIGHTS[:2]), cluster(FLIGHTS[2:]))
    assert first.title != second.title


@pytest.mark.parametrize("asked", [MONEY.description, "Does not omit amounts of money"])
def test_of_amounts_that_go_missing_those_that_were_there_to_keep_are_counted(analyst, asked):
    money = MONEY.model_copy(update={"description": asked})
    (found,) = named(
        analyst, cluster(("It grants $5,000 a year.", "It names a bridge."), output="A bill."), subgoal=money
    )
    assert found.title.startswith("No amounts of money in answers")
    assert (
        "In 1 the input names amounts of money that the answer leaves out; in 1 the input names none" in found.summary
    )


def test_a_subgoal_is_taken_apart_into_noun_phrases():
    assert phrases(HEART) == ["heart disease", "diagnosis", "treatment"]
    unpaid = "Helps customers who cannot afford to pay, with affordable payment plans, hardship funds and debt support."
    assert phrases(Subgoal(id="a", name="Customers who cannot pay", description=unpaid)) == [
        "affordable payment plans",
        "hardship funds",
        "debt support",
    ]
    assert phrases(Subgoal(id="a", name="Tone", description="Explains how to do it")) == ["tone"]
    assert phrases(Subgoal(id="a", name="Angry customers", description="Calms the angry, bees")) == [
        "angry customers",
        "bees",
    ]


def test_key_terms_are_readable_and_leave_out_the_words_to_avoid():
    births, flights = key_terms([BIRTHS, FLIGHTS], avoid=["luggage"])
    assert "pregnancy" in [term for term, _ in births]
    assert {"airport", "flight"} & {term for term, _ in flights}
    assert "luggage" not in [term for term, _ in flights]


@pytest.mark.parametrize("groups", [[[]], [[""], ["..."]], [["日本語の文章"]], [["x" * 5000]]])
def test_texts_without_words_have_no_key_terms_or_harmless_ones(groups):
    assert len(key_terms(groups)) == len(groups)
