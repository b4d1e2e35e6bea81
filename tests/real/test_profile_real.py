"""Topics of real data: names that a practitioner would use, and found at once."""

import time

import pytest
from goalcover.tools.load import open_dataset
from goalcover.tools.profile import profile


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pubmedqa.jsonl", {"Oncology", "Surgery", "Cardiology"}),
        ("us_bills.jsonl.gz", {"Health care", "Taxation", "Education", "Energy"}),
        ("codealpaca.jsonl.gz", {"Algorithms and data structures", "String processing", "SQL and databases"}),
    ],
)
def test_topics_of_real_data_have_names_that_practitioners_use(shared_data, name, expected):
    dataset = open_dataset(str(shared_data / name))
    started = time.perf_counter()
    found = profile(dataset)
    assert time.perf_counter() - started < 5  # 0.2 to 0.6 s on a quiet machine
    assert expected <= {topic.name for topic in found.topics}
    assert found.n_read == 500
