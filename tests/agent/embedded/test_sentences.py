"""Texts are cut where sentences end, and nowhere else."""

import pytest
from goalcover.agent.embedded.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("See Sec. 3 of 12 U.S.C. 1841 by Dr. Lee. Next.", ["See Sec. 3 of 12 U.S.C. 1841 by Dr. Lee.", "Next."]),
        (
            "The House passed H. Con. Res. 112, the budget. Next.",
            ["The House passed H. Con. Res. 112, the budget.", "Next."],
        ),
        ("It cost $400. Then it rose.", ["It cost $400.", "Then it rose."]),
        ("A line that is\nbroken hard. Next.", ["A line that is\nbroken hard.", "Next."]),
        (
            "It gives-- (1) $5;\n  (2) $6; and\n  (3) $7.\n  (b) Next.",
            ["It gives-- (1) $5;\n  (2) $6; and\n  (3) $7.", "(b) Next."],
        ),
        ("- first\n- second\n1. third", ["- first", "- second", "1. third"]),
        ("SEC. 6. COUNCIL.\n\n    (a) Text.", ["SEC. 6. COUNCIL.", "(a) Text."]),
        ("Heading\n\nText.", ["Heading", "Text."]),
        ("P was <0.05 (95% CI 0.5-0.8). Then", ["P was <0.05 (95% CI 0.5-0.8).", "Then"]),
        ("  ", []),
    ],
)
def test_sentences_are_slices_of_the_text(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected
