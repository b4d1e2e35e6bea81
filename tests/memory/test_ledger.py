"""The ledger: what was judged once is found again, whatever happened in between."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from goalcover.agent.errors import InputError, RunBusyError
from goalcover.agent.models import Alignment, Sample, Subgoal
from goalcover.agent.usage import Usage
from goalcover.memory.ledger import JUDGEMENTS, LOOKUP, Expense, Judgement, Ledger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JUDGE = "embedded/model/1"


def entry(sample: str = "s", subgoal: str = "g", level: int | None = 3, judge: str = JUDGE) -> Judgement:
    return Judgement(sample, subgoal, judge, level, f"why {level}")


def on_disk(path: Path) -> int:
    """Entries that another process would see now."""
    db = sqlite3.connect(path)
    try:
        return int(db.execute("SELECT COUNT(*) FROM judgement").fetchone()[0])
    finally:
        db.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_a_judgement_is_found_again_by_another_session(path: Path) -> None:
    full = replace(entry(), evidence="quote", prompt_tokens=7, completion_tokens=2, attempt=3, latency_ms=120)
    with Ledger(path) as ledger:
        ledger.append([full])
    with Ledger(path) as ledger:
        assert ledger.lookup(JUDGE, ["s"], ["g"]) == {("s", "g"): full}
        assert ledger.count() == 1


def test_lookup_returns_only_what_was_asked_for(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(entry(sample, subgoal) for sample in "abc" for subgoal in "xyz")
        ledger.append([entry("a", "x", 5, judge="another")])
        found = ledger.lookup(JUDGE, ["a", "c", "unknown"], ["x", "z"])
    assert set(found) == {("a", "x"), ("a", "z"), ("c", "x"), ("c", "z")}
    assert found["a", "x"].level == 3


def test_an_unscored_judgement_is_recorded_but_judged_again(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append([entry(level=None)])
        assert ledger.count() == 1
        assert ledger.lookup(JUDGE, ["s"], ["g"]) == {}


def test_the_latest_scored_judgement_wins(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append([entry(level=1), entry(level=4), entry(level=None)])
        assert ledger.lookup(JUDGE, ["s"], ["g"])["s", "g"].level == 4
        assert ledger.count() == 3


def test_any_number_of_digests_can_be_looked_up(path: Path) -> None:
    samples = [f"sample-{n}" for n in range(40_000)]
    with Ledger(path) as ledger:
        ledger.append(entry(sample) for sample in samples)
        assert len(ledger.lookup(JUDGE, samples, ["other", "g"])) == len(samples)


def test_lookup_uses_the_index_for_both_digests(path: Path) -> None:
    Ledger(path).close()
    db = sqlite3.connect(path)
    plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {LOOKUP}", ("[]", "[]", "")))
    db.close()
    assert "USING INDEX judgement_key (sample_digest=? AND subgoal_digest=?)" in plan


def test_a_judgement_serves_every_sample_with_the_same_text() -> None:
    subgoal = Subgoal(id="care", name="Care", description="Cares")
    first, second = (Sample(id=id_, row=row, input="q", output="a") for id_, row in (("one", 1), ("two", 2)))
    alignment = Alignment(sample_id="one", subgoal_id="care", level=4, explanation="x", evidence="y", judge=JUDGE)
    kept = Judgement.of(first, subgoal, alignment)
    assert (kept.sample_digest, kept.subgoal_digest) == (second.digest, subgoal.digest)
    assert kept.alignment("one", "care") == alignment
    assert kept.alignment("two", "tend") == alignment.model_copy(update={"sample_id": "two", "subgoal_id": "tend"})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(explanation=TEXT, evidence=TEXT, judge=TEXT, level=st.integers(0, 5))
def test_any_text_comes_back_as_it_was(path: Path, explanation: str, evidence: str, judge: str, level: int) -> None:
    with Ledger(path) as ledger:
        kept = replace(entry(judge=judge, level=level), explanation=explanation, evidence=evidence)
        ledger.append([kept])
    with Ledger(path) as ledger:
        assert ledger.lookup(judge, ["s"], ["g"]) == {("s", "g"): kept}


def test_sixty_four_pending_judgements_are_committed_at_once(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(entry(str(n)) for n in range(63))
        assert on_disk(path) == 0
        ledger.append([entry("last")])
        assert on_disk(path) == 64


def test_a_lone_judgement_is_committed_after_a_second_without_another_call(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append([entry()])
        assert on_disk(path) == 0
        time.sleep(1.4)
        assert on_disk(path) == 1
        assert ledger.count() == 1


def test_threads_may_share_a_ledger(path: Path) -> None:
    with Ledger(path) as ledger:

        def work(name: int) -> None:
            for n in range(50):
                ledger.append([entry(f"{name}-{n}")])
                assert ledger.lookup(JUDGE, [f"{name}-{n}"], ["g"])

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ledger.count() == 200


def test_closing_twice_does_no_harm(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append([entry()])
    ledger.close()
    ledger.close()
    assert on_disk(path) == 1


def test_a_file_that_is_no_database_is_told(path: Path) -> None:
    path.write_bytes(b"sample_id,level\n" * 200)
    with pytest.raises(InputError, match=r"damaged or no ledger.*move it away"):
        Ledger(path)


def test_a_foreign_database_is_told_and_left_alone(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE orders (id)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="not GoalCover's ledger"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_ledger_of_a_newer_version_is_told(path: Path) -> None:
    Ledger(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(InputError, match=r"newer GoalCover .*version 99.*upgrade"):
        Ledger(path)


def test_what_was_paid_adds_up_over_all_sessions(path: Path) -> None:
    used = Usage(calls=3, prompt_tokens=100, cached_tokens=40, completion_tokens=20, retries=1, reasks=2)
    with Ledger(path) as ledger:
        assert ledger.paid() == Expense("", Usage(), None)
        ledger.append([entry()], Expense(JUDGE, used, 0.25))
        ledger.append((), Expense("llm", Usage(), None))  # nobody was asked
    with Ledger(path) as ledger:
        ledger.append((), Expense("llm", used, 0.5))
        assert ledger.paid() == Expense("", used + used, 0.75)
        ledger.append((), Expense("llm", used, None))
        assert ledger.paid() == Expense("", used + used + used, None)


def test_an_expense_is_on_disk_with_what_it_was_spent_on(path: Path) -> None:
    with Ledger(path) as ledger:
        for n in range(64):
            ledger.append([entry(f"s{n}")], Expense(JUDGE, Usage(calls=1), 0.0))
        db = sqlite3.connect(path)
        assert db.execute("SELECT COUNT(*) FROM expense").fetchone() == (64,)
        db.close()


def test_a_ledger_from_before_expenses_is_taken_on(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript(f"{JUDGEMENTS} PRAGMA application_id = {0x474F414C}; PRAGMA user_version = 1;")
    db.close()
    with Ledger(path) as ledger:
        ledger.append([entry()], Expense(JUDGE, Usage(calls=1), 0.5))
        assert (ledger.count(), ledger.paid().cost_usd) == (1, 0.5)


def test_damage_in_the_middle_is_told(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(entry(f"sample-{n}") for n in range(5_000))
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xa5" * (path.stat().st_size - 4_096))
    with pytest.raises(InputError, match="damaged"), Ledger(path) as ledger:
        ledger.lookup(JUDGE, [f"sample-{n}" for n in range(5_000)], ["g"])


def test_a_place_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read or written"):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite")


def test_a_ledger_that_stays_locked_is_told_and_nothing_is_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(path) as ledger:
        ledger._db.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RunBusyError, match=r"keeps .* locked"):
            ledger.append(entry(str(n)) for n in range(64))
        other.execute("ROLLBACK")
        other.close()
    assert on_disk(path) == 64


APPENDER = """
import sys, time
from pathlib import Path
from goalcover.memory.ledger import Judgement, Ledger

ledger, n = Ledger(Path(sys.argv[1])), 0
while True:
    ledger.append(Judgement(str(n + k), "g", "j", 1, "why " * 50) for k in range(7))
    n += 7
    print(n, flush=True)
    time.sleep(0.0005)
"""


@pytest.mark.parametrize("seconds", [0.02, 0.11, 0.23, 0.41])
def test_a_killed_process_loses_fewer_than_sixty_four_judgements(path: Path, seconds: float) -> None:
    with subprocess.Popen([sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        appended = int(process.stdout.read().split()[-1])
    with Ledger(path) as ledger:
        kept = ledger.count()
        assert appended - 63 <= kept <= appended + 7
        assert len(ledger.lookup("j", [str(n) for n in range(kept)], ["g"])) == kept
        assert ledger._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
