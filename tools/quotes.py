"""Which sample a quote is from: a gap analysis names quotes and samples, and a reader wants to open the one behind."""

from collections.abc import Iterable, Mapping

from goalcover.agent.models import Capability, Sample
from goalcover.memory.runs import Run
from goalcover.tools.typeset import squeeze

_READ = 12
"""Samples of a capability that are looked through: its quotes come from the most typical ones."""


def quote_sources(run: Run, capabilities: Iterable[Capability]) -> dict[str, str]:
    """For every quote the id of the sample that holds it; quotes that no listed sample holds are left out."""
    listed = tuple(capabilities)
    wanted = {sample_id for one in listed for sample_id in one.sample_ids[:_READ]}
    samples = {sample.id: sample for sample in run.samples(wanted)} if wanted else {}
    found = ((quote, source_of(quote, one, samples)) for one in listed for quote in one.quotes)
    return {quote: source for quote, source in found if source is not None}


def source_of(quote: str, capability: Capability, samples: Mapping[str, Sample]) -> str | None:
    """The sample that holds the quote. A quote is given to no sample rather than to a wrong one."""
    wanted = squeeze(quote).strip(" .…\"'")
    held = (one for one in capability.sample_ids if one in samples and wanted in _whole(samples[one]))
    return next(held, None) if wanted else None


def _whole(sample: Sample) -> str:
    return squeeze(f"{sample.input}\n{sample.output}")
