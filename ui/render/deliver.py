"""Words for data that goes to a trainer: selections, training sets, uploads."""

from goalcover.agent.models import Goal
from goalcover.graph import events
from goalcover.tools.filter import Cut, Selection
from goalcover.tools.typeset import count, score
from goalcover.ui.render.base import render
from goalcover.ui.render.remedy import unread_words
from goalcover.ui.render.text import text

_FORMS = {
    "same": "in the dataset's own format",
    "jsonl": "in the dataset's own format",
    "parquet": "in the dataset's own columns as Parquet",
    "hf": "as a Hugging Face DatasetDict",
    "huggingface": "as a Hugging Face DatasetDict",
}
_TRAINERS = {
    "trl": "TRL",
    "openai": "OpenAI",
    "alpaca": "Alpaca",
    "sharegpt": "ShareGPT",
    "llama-factory": "LLaMA-Factory",
    "axolotl": "Axolotl",
}
_COLUMNS = 4
"""Subgoals beside each other in the terminal and in a chat."""


@render.register
def _(said: events.Selected) -> str:
    chosen = said.selection
    head = f"### Keep {chosen.cut.kept:,} of {count(chosen.n, 'row')}"
    table = _trade_off(said.goal, chosen)
    lost = [one for one in chosen.lost if one.support_after < one.support_before]
    told = "; ".join(
        f"{text(said.goal.subgoal(one.subgoal_id).name)} {one.support_before:,} to {one.support_after:,}"
        for one in lost
    )
    costs = f"What it costs, in supporting samples: {told}." if told else "It costs no supporting sample."
    named = [text(said.goal.subgoal(one).name) for one in chosen.subgoal_ids]
    going_by = f"By {', '.join(named)} alone." if len(named) < len(said.goal.subgoals) else ""
    best = f"The best {said.quota:,} of each subgoal are kept whatever their goal score." if said.quota else ""
    broken = f"{chosen.left_out}." if chosen.left_out else ""
    parts = [head, unread_words(said.unread), going_by, _why(chosen), broken, best, table, costs]
    return "\n\n".join(part for part in parts if part)


def _why(chosen: Selection) -> str:
    if chosen.cut.min_score == chosen.suggested.min_score:
        return text(chosen.reason)
    return f"From a goal score of {chosen.cut.min_score:.2f} on, as you asked. Suggested: {text(chosen.reason)}"


def _trade_off(goal: Goal, chosen: Selection) -> str:
    """Cut by cut; of many subgoals those that lose most, since a wider table can be read by nobody."""
    ids = [one.subgoal_id for one in chosen.lost if one.subgoal_id in chosen.subgoal_ids][:_COLUMNS]
    names = " | ".join(text(goal.subgoal(one).name) for one in ids)
    head = f"| Goal score from | Rows | Mean | {names} |\n|---|---|---|{'---|' * len(ids)}"
    rows = [
        f"| {_at(one, chosen)} | {one.kept:,} | {score(one.goal_score)} | {_means(one, ids)} |"
        for one in chosen.curve
        if one.kept
    ]
    return "\n".join([head, *rows])


def _at(one: Cut, chosen: Selection) -> str:
    mark = " (suggested)" if one.min_score == chosen.suggested.min_score else ""
    return f"{one.min_score:.2f}{mark}"


def _means(one: Cut, ids: list[str]) -> str:
    return " | ".join(score(one.alignments.get(key)) for key in ids)


@render.register
def _(said: events.Exported) -> str:
    done, order = said.result, said.order
    synthetic = f", {done.synthetic:,} of them synthetic" if done.synthetic else ""
    held = f", and {count(done.validation_rows, 'row')} to validate with" if done.validation_rows else ""
    lines = [f"**{text(done.mix)}**, {_form(order.format)}: {count(done.rows, 'row')} to train on{held}{synthetic}."]
    if order.seed:
        lines.append(f"Shuffled with seed {order.seed}.")
    if done.duplicates:
        lines.append(f"{count(done.duplicates, 'duplicate')} left out.")
    lines += [f"{text(note)}." for note in done.notes]
    lines.append(f"It lies in {text(done.path)}, with its card and where every row comes from.")
    return "\n\n".join(part for part in (unread_words(order.unread), " ".join(lines), _consent(said)) if part)


def _form(name: str) -> str:
    trainer, _, kind = name.partition("-") if name.startswith("trl-") else (name, "", "")
    if trainer in _FORMS:
        return _FORMS[trainer]
    return f"for {_TRAINERS.get(trainer, text(trainer))}{f' ({kind})' if kind else ''}"


def _consent(said: events.Exported) -> str:
    order = said.order
    if not order.hub:
        return ""
    who = "**for everyone to read**" if order.public else "private, for you and your organization alone"
    n = said.result.rows + said.result.validation_rows
    return (
        f"Nothing has left this machine yet. Upload these {count(n, 'row')}, with card and provenance, to "
        f"**{text(order.hub)}** on Hugging Face, {who}? Say **yes** or **no**."
    )


@render.register
def _(said: events.Sent) -> str:
    sent = said.result
    who = "private" if sent.private else "for everyone to read"
    return f"Uploaded, {who}: {count(len(sent.files), 'file')} at {text(sent.address)}"


@render.register
def _(said: events.Withheld) -> str:
    return f"Nothing was uploaded to {text(said.hub)}; the files stay where they are."
