"""Judges compared, for a person at a terminal: with each other, with people, and with themselves."""

import asyncio

from goalcover.agent.errors import InputError
from goalcover.agent.judge import LLMJudge, judges_of
from goalcover.agent.models import Agreement
from goalcover.agent.settings import Settings
from goalcover.memory.runs import Run
from goalcover.tools.audit import Audit, audit, audited
from goalcover.tools.budget import budget_for
from goalcover.tools.calibrate import Calibration, Calibrations
from goalcover.tools.estimate import estimate
from goalcover.ui.show import console, table


def print_agreement(found: Agreement) -> None:
    """How far several judges agree, subgoal by subgoal."""
    console.print(
        f"\nAgreement of {len(found.judges)} judges: alpha {_figure(found.alpha)} (the score is their median)"
    )
    shown = table("Subgoal", "alpha", "2+ levels apart", *[f"mean {_model(one)}" for one in found.judges], "")
    for one in found.subgoals:
        means = [_figure(one.means.get(judge)) for judge in found.judges]
        apart = _figure(one.far_apart, ".0%")
        shown.add_row(one.id, _figure(one.alpha), apart, *means, "disputed" if one.disputed else "")
    console.print(shown)
    for judge, n in found.lacking.items():
        console.print(
            f"  {_model(judge)} gave no level in {n:,} of {found.pairs:,} judgements: the score of these is the other "
            "judges' alone, and its means leave them out"
        )


def print_calibration(found: Calibrations) -> None:
    """The judge against people."""
    console.print(f"{found.n_labels} labels against {', '.join(found.judges)}")
    if found.n_unknown:
        console.print(f"  {found.n_unknown} of them are about samples or subgoals that this run does not have")
    if found.n_unscored:
        console.print(f"  {found.n_unscored} of them are about pairs that the judge did not score")
    shown = table("Subgoal", "n", "kappa", "Spearman", "bias", "exact", "within 1", "mean", "corrected", "95%")
    for one in (*found.subgoals, found.overall):
        shown.add_row(*_calibration(one))
    console.print(shown)
    for one in (*found.subgoals, found.overall):
        if one.note and one.n:
            console.print(f"  {one.id}: {one.note}")


def _calibration(one: Calibration) -> list[str]:
    interval = "" if one.ci_low is None else f"{one.ci_low:.2f} to {one.ci_high:.2f}"
    figures = (one.kappa, one.spearman, one.bias, one.exact, one.within_one, one.judged_mean, one.corrected_mean)
    return [one.id, str(one.n), *map(_figure, figures), interval]


def run_audit(run: Run, n: int, model: str | None, max_cost: float | None) -> Audit:
    """Audits a run's judge. InputError when it was no model; StoppedError before more than `max_cost` USD is spent."""
    settings, made_by = Settings(), run.info().engine
    name = model or made_by.model
    if made_by.name != "llm" and model is None:
        raise InputError(f"{run.path} was judged by the {made_by.name} engine: an audit is about a model's judgements")
    if model is None and ", " in name:
        raise InputError(f"{run.path} was judged by several models ({name}): choose one with --judge")
    judge: LLMJudge = judges_of([name], settings)[0]
    asked, samples = (judge, judge.alone()), audited(run, n)
    budget = budget_for(asked, settings, max_cost)
    with run.ledger() as ledger:
        expected = estimate(samples, len(samples), run.goal().subgoals, asked, budget, ledger=ledger)
    console.print(f"Judged by {judge.model_name}: {expected.words()}.\n")
    return asyncio.run(audit(run, judge, n, budget))


def print_audit(found: Audit) -> None:
    """What packing costs."""
    console.print(f"{found.n_samples} samples, {found.judge}")
    console.print(f"Halo (mean score together minus alone): {_figure(found.halo, '+.3f')}")
    console.print(
        f"Correlation between subgoals: {_figure(found.correlation_together)} together, "
        f"{_figure(found.correlation_alone)} alone"
    )
    console.print(f"Correlation of level and length: {_figure(found.length_correlation)}")
    console.print(f"Tokens paid for this: {found.tokens_together:,} together, {found.tokens_alone:,} alone")
    shown = table("Subgoal", "n", "together", "alone", "length correlation")
    for one in found.subgoals:
        shown.add_row(one.id, str(one.n), *map(_figure, (one.together, one.alone, one.length_correlation)))
    console.print(shown)


def _model(judge: str) -> str:
    """The model's name in a judge's id."""
    return judge.partition("/")[2].rpartition("/")[0]


def _figure(value: float | None, form: str = "z.2f") -> str:
    return "unknown" if value is None else format(value, form)
