"""Reports to render: a realistic one, a hostile one, and any number of capabilities and gaps."""

from collections.abc import Sequence
from math import sqrt

from goalcover.agent.models import (
    Capability,
    Clarification,
    CoverageReport,
    Gap,
    Goal,
    Recommendation,
    Sample,
    Subgoal,
    SubgoalCoverage,
)
from goalcover.memory.runs import Counts, DatasetInfo, EngineInfo, RunInfo, UsageInfo
from goalcover.tools.report import ReportData
from report_maps import ESCALATION_MAP, gap_map

EMBEDDED = EngineInfo(name="embedded", model="all-MiniLM-L6-v2", version="3")
LLM = EngineInfo(name="llm", model="gpt-4.1-mini", version="9f31c2d07a5e")


def coverage(
    subgoal: Subgoal,
    histogram: Sequence[int],
    *,
    rule: str,
    gap: bool | None = False,
    wanted: float | None = None,
    unscored: int = 0,
) -> SubgoalCoverage:
    """A row whose figures follow from its histogram."""
    n = sum(histogram)
    mean = sum(level * number for level, number in enumerate(histogram)) / 5 / n if n else None
    spread = 0.0
    if mean is not None:
        spread = 1.96 * sqrt(sum(c * (level / 5 - mean) ** 2 for level, c in enumerate(histogram)) / n / n)
    support = histogram[4] + histogram[5]
    return SubgoalCoverage(
        id=subgoal.id,
        name=subgoal.name,
        scope=subgoal.scope,
        alignment=mean,
        ci_low=None if mean is None else max(0.0, mean - spread),
        ci_high=None if mean is None else min(1.0, mean + spread),
        support=support,
        support_share=support / n if n else None,
        share_wanted=wanted,
        n_scored=n,
        n_unscored=unscored,
        histogram=tuple(histogram),  # type: ignore[arg-type]
        gap=gap,
        rule=rule,
    )


def run_info(engine: EngineInfo = EMBEDDED, *, samples: int = 600, pairs: int = 4200, unscored: int = 0) -> RunInfo:
    return RunInfo(
        created_at="2025-11-18T14:05:09+00:00",
        engine=engine,
        dataset=DatasetInfo(
            path="/home/ines/projects/assistant/data/support_tickets_2025.jsonl",
            fingerprint="8d1f0c6be2a94c7795a8a0d7c0b3f4e2",
            rows=1840,
            shape="messages: user and assistant turns",
            skipped=3,
        ),
        goal_sha256="4b0de9c7f8a1532e6c9d0b7a8f3e2d1c5b4a39281706f5e4d3c2b1a09f8e7d6c",
        counts=Counts(samples=samples, pairs=pairs, scored=pairs - unscored, unscored=unscored, reused=0),
        usage=UsageInfo(calls=600, prompt_tokens=1482310, completion_tokens=203144) if engine == LLM else UsageInfo(),
        wall_s=48.3,
    )


def report(goal: Goal, rows: Sequence[SubgoalCoverage], gaps: Sequence[Gap] = (), **more: object) -> ReportData:
    alignments = [row.alignment for row in rows if row.alignment is not None]
    overall = sum(alignments) / len(alignments) if alignments else None
    n_gaps = sum(row.gap is True for row in rows)
    figures = CoverageReport(subgoals=tuple(rows), overall=overall, n_samples=600, n_gaps=n_gaps)
    parts = {"info": run_info(), "quoted": {}, **more}
    return ReportData(goal=goal, coverage=figures, gaps=tuple(gaps), **parts)  # type: ignore[arg-type]


# --- the realistic one ------------------------------------------------------------------------------------------------

BILLING = Subgoal(
    id="billing",
    name="Billing and invoices",
    description="Explains charges, invoices, taxes and payment failures on a customer's account",
)
TROUBLE = Subgoal(
    id="troubleshooting",
    name="Step-by-step troubleshooting",
    description="Finds the cause of a technical fault and leads the customer through the repair in order",
    weight=2,
)
REFUNDS = Subgoal(
    id="refunds",
    name="Refund and cancellation policy",
    description="Applies the refund, cancellation and cooling-off rules to a case and says what happens next",
)
SECURITY = Subgoal(
    id="account-security",
    name="Account access and security",
    description="Handles lost passwords, two-factor codes, locked accounts and suspected break-ins",
)
ESCALATION = Subgoal(
    id="escalation",
    name="Escalation to a person",
    description="Recognises what an assistant must not settle alone and hands over with a complete summary",
)
TONE = Subgoal(
    id="tone",
    name="Calm, courteous tone",
    description="Answers politely, without blame, and takes up how the customer feels",
    scope="every",
)
PRIVACY = Subgoal(
    id="privacy",
    name="Care with personal data",
    description="Never asks for or repeats more personal data than the case needs",
    scope="every",
)

SUPPORT_GOAL = Goal(
    text="Build a support assistant that resolves customers' billing, account and technical problems, and knows when "
    "to hand over to a person",
    context=(
        Clarification(question="Which products should it cover?", answer="Home broadband and mobile contracts"),
        Clarification(question="Which languages?", answer="English only in the first release"),
        Clarification(
            question="What must it never decide alone?",
            answer="Refunds above 100 euros, legal threats, and anything about a vulnerable customer",
        ),
    ),
    subgoals=(BILLING, TROUBLE, REFUNDS, SECURITY, ESCALATION, TONE, PRIVACY),
)

SUPPORT_SAMPLES = {
    sample.id: sample
    for sample in (
        Sample(
            id="ticket-0417",
            row=418,
            input="I cancelled two days after signing up and you still took the full month. When is it paid?",
            output="Thanks for getting in touch! I can see your account. Is there anything else I can do today?",
        ),
        Sample(
            id="ticket-0983",
            row=984,
            input="My contract renews tomorrow and I want out. What do I owe you if I leave today?",
            output="You can find our terms and conditions on the website.",
        ),
        Sample(
            id="ticket-1206",
            row=1207,
            input="Can I have my money back for the broken router? I bought it in your shop on the 3rd, I still have "
            "the receipt, and the box, and honestly I have now spent four evenings on the phone with three of your "
            "colleagues, each of whom told me something different. The first said fourteen days. The second said "
            "thirty, but only unopened. The third said that it depends on whether it was bought online. I would like "
            "one answer, in writing, and I would like to know who decides, because so far nobody has been able to "
            "tell me that either. I attach the receipt again, and a photograph of the label under the router, which "
            "your colleague asked for on Tuesday.",
            output="I'm sorry to hear that. Please try turning it off and on again.",
        ),
        Sample(
            id="ticket-0052",
            row=53,
            input="This is the fifth time I write. If this is not solved by Friday my lawyer will be in touch.",
            output="I understand your frustration. Please restart the router and wait two minutes.",
        ),
        Sample(
            id="ticket-1511",
            row=1512,
            input="my mother passed away last week and she was the account holder, what do i do",
            output="To transfer an account, open Settings, choose Account and tap Transfer ownership.",
        ),
    )
}

SUPPORT_GAPS = (
    Gap(
        subgoal_id="escalation",
        alignment=0.087,
        kind="shallow",
        why="63 of 600 samples touch it, but 54 of them stay at level 2 or 3; 50 are wanted at level 4.",
        needed=45,
        in_input=("ticket-0052", "ticket-1511"),
        n_low=573,
        n_outliers=303,
        n_repeated=4,
        capabilities=(
            Capability(
                title="Legal threats and formal complaints",
                summary="Customers announce a lawyer or a complaint to the regulator, and the answer goes on with the "
                "repair. No sample shows a handover, or what its summary should contain.",
                share=0.41,
                n=232,
                sample_ids=("ticket-0052", "ticket-0983", *(f"ticket-{n:04}" for n in range(600, 640, 2))),
                quotes=("If this is not solved by Friday my lawyer will be in touch.",),
                quote_ids=("ticket-0052",),
                terms=("lawyer", "ombudsman", "formal complaint"),
                instead="restarting the router",
                confidence="high",
            ),
            Capability(
                title="Bereavement and vulnerable customers",
                summary="The customer's situation calls for a person; the answer gives a menu path.",
                share=0.07,
                n=38,
                sample_ids=("ticket-1511",),
                quotes=("my mother passed away last week and she was the account holder",),
            ),
        ),
        recommendations=(
            Recommendation(
                action="Add about 50 conversations that end in a handover",
                detail="Take them from closed tickets that a person took over. Each should hold the trigger, the "
                "sentence that announces the handover, and the summary that the colleague received.",
            ),
            Recommendation(
                action="Rewrite the answers that should have handed over",
                detail="These samples have the right question and the wrong answer. A corrected answer is worth more "
                "than a new sample, because it removes a bad example at the same time.",
                sample_ids=("ticket-0052", "ticket-1511"),
            ),
        ),
    ),
    Gap(
        subgoal_id="refunds",
        alignment=0.121,
        capabilities=(
            Capability(
                title="Deadlines and amounts",
                summary="Customers ask what they owe or when money comes back. The answers name no period, no amount "
                "and no next step.",
                share=0.36,
                n=197,
                sample_ids=("ticket-0417", "ticket-0983", "ticket-1206"),
                quotes=(
                    "I cancelled two days after signing up and you still took the full month.",
                    "What do I owe you if I leave today?",
                    "The first said fourteen days. The second said thirty, but only unopened.",
                ),
            ),
        ),
        recommendations=(
            Recommendation(
                action="Collect at least 26 more samples that apply the policy to a case",
                detail="Cover cancellation within 14 days, early termination, faulty goods and double charges; state "
                "the rule, the amount and the date in each answer.",
                sample_ids=("ticket-0417",),
            ),
            Recommendation(
                action="Generate candidates from these samples and review them",
                detail="goalcover synthesize RUN refunds -n 40 --out refunds.jsonl",
            ),
        ),
    ),
)


def support_assistant(engine: EngineInfo = EMBEDDED) -> ReportData:
    """Seven capabilities: two gaps, one without a verdict, four covered."""
    share = 1 / 12
    rows = (
        coverage(
            BILLING,
            (252, 71, 60, 72, 84, 61),
            wanted=share,
            rule="24.2% of the samples support it (145 of 600); 8.3% and at least 20 wanted",
        ),
        coverage(
            TROUBLE,
            (181, 66, 74, 88, 103, 88),
            wanted=2 * share,
            rule="31.8% of the samples support it (191 of 600); 16.7% and at least 20 wanted",
        ),
        coverage(
            REFUNDS,
            (428, 74, 41, 33, 17, 7),
            gap=True,
            wanted=share,
            rule="4% of the samples support it (24 of 600); 8.3% and at least 20 wanted",
        ),
        coverage(
            SECURITY,
            (371, 58, 49, 45, 44, 33),
            wanted=share,
            rule="12.8% of the samples support it (77 of 600); 8.3% and at least 20 wanted",
        ),
        coverage(
            ESCALATION,
            (469, 66, 38, 18, 7, 2),
            gap=True,
            wanted=share,
            rule="1.5% of the samples support it (9 of 600); 8.3% and at least 20 wanted",
        ),
        coverage(
            TONE,
            (8, 29, 77, 172, 196, 118),
            rule="mean alignment 0.69; at least 0.50 wanted, because every sample should show it",
        ),
        coverage(
            PRIVACY,
            (44, 71, 103, 129, 101, 66),
            gap=None,
            unscored=86,
            rule="no verdict: 14.3% of the judgements failed (86 of 600), more than 10%",
        ),
    )
    info = run_info(engine, unscored=86)
    return report(SUPPORT_GOAL, rows, SUPPORT_GAPS, info=info, quoted=SUPPORT_SAMPLES, maps=(ESCALATION_MAP,))


# --- the others -------------------------------------------------------------------------------------------------------

HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "</style></pre><img src=http://evil.example/x.png onerror=alert(2)>",
    "![pixel](http://evil.example/p.png) [click](javascript:alert(3)) <http://evil.example>",
    "http://evil.example www.evil.example a@evil.example",
    "```\n~~~\n# heading\n```` <iframe src='//evil.example'></iframe>",
    "{{ 7 * 7 }} {% raw %} {# gone #} &lt;b&gt; &amp;amp;",
    'quote" onmouseover="alert(4)" x=\'',
    "| cell | cell |\n|---|---|\n---\n===",
    "1. one\n- two\n> three\n    four\n\ttab",
    "*a* **b** _c_ ~~d~~ `e` $f$ \\g \\",
    "\u202egnp.exe\u202c \u2066x\u2069 שלום עולם",
    "nul\0 bell\a esc\x1b[31m del\x7f c1\x9b line\u2028sep\r\nend",
    "W" * 700,
    "Z̸̡̢̛͓͇̗͎͙͙͔̑͐͗͊̃̕͝ͅa̵l̶g̷o̸ 👩‍👩‍👧‍👦 🇪🇺",
    "",
    "   \n ",
)


def hostile(engine: EngineInfo = EMBEDDED) -> ReportData:
    """Every text that comes from data or a model is one of the hostile ones, ids included."""
    texts = [text for text in HOSTILE_TEXTS if text.strip()]
    subgoals = tuple(Subgoal(id=f"s{n}", name=text, description=text) for n, text in enumerate(texts))
    goal = Goal(
        text="<b>Goal</b> ![x](http://evil.example/g.png)",
        context=tuple(Clarification(question=text, answer=text) for text in texts),
        subgoals=subgoals,
    )
    rows = tuple(coverage(one, (9, 0, 0, 0, 0, 1), gap=True, wanted=0.5, rule=one.name) for one in subgoals)
    # A lone surrogate comes in through JSON; only a sample's plain text can hold it.
    quoted = {
        text: Sample(id=text, row=n, input=text, output=f"{text}\ud800")
        for n, text in enumerate(HOSTILE_TEXTS, start=1)
    }
    gaps = tuple(_hostile_gap(one.id, text) for one, text in zip(subgoals, texts, strict=True))
    info = run_info(engine).model_copy(
        update={
            "engine": engine.model_copy(update={"model": HOSTILE_TEXTS[1], "version": HOSTILE_TEXTS[0]}),
            "dataset": DatasetInfo(
                path=HOSTILE_TEXTS[1], fingerprint=HOSTILE_TEXTS[0], rows=600, shape=HOSTILE_TEXTS[2]
            ),
            "created_at": HOSTILE_TEXTS[0],
        }
    )
    maps = tuple(gap_map(one.id, *((text, 0.0, 1.0, 0, text) for text in texts)) for one in subgoals)
    return report(goal, rows, gaps, info=info, quoted=quoted, maps=maps)


def _hostile_gap(subgoal_id: str, text: str) -> Gap:
    capability = Capability(
        title=text, summary=text, share=0.5, n=5, sample_ids=(text, *HOSTILE_TEXTS[:10]), quotes=(text, "", text),
        quote_ids=(text, text, text), terms=HOSTILE_TEXTS, instead=text,
    )  # fmt: skip
    advice = Recommendation(action=text, detail=text, sample_ids=HOSTILE_TEXTS[10:])
    empty = Capability(title="", summary=" ", share=0, n=0, sample_ids=(), quotes=())
    capabilities = (capability, empty)
    return Gap(
        subgoal_id=subgoal_id,
        alignment=0.1,
        capabilities=capabilities,
        recommendations=(advice,),
        kind="rare",
        why=text,
    )


def many(n: int, n_gaps: int) -> ReportData:
    """`n` capabilities, the last `n_gaps` of which are gaps that are told in full."""
    subgoals = tuple(
        Subgoal(id=f"c{k}", name=f"Capability number {k} of a long list", description=f"Does the thing numbered {k}")
        for k in range(1, n + 1)
    )
    weak, fine = (560, 20, 10, 5, 3, 2), (300, 50, 50, 60, 80, 60)
    rows = tuple(
        coverage(one, weak if k >= n - n_gaps else fine, gap=k >= n - n_gaps, wanted=0.0125, rule="by support")
        for k, one in enumerate(subgoals)
    )
    gaps = tuple(SUPPORT_GAPS[1].model_copy(update={"subgoal_id": one.id}) for one in subgoals[n - n_gaps :])
    return report(Goal(text="A goal with many parts", subgoals=subgoals), rows, gaps, quoted=SUPPORT_SAMPLES)
