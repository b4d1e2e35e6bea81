"""A judge that anybody can check by hand: a sample's level is how often it says the subgoal's name."""

from collections.abc import Sequence

from goalcover.agent.models import TOP_LEVEL, Alignment, Sample, Subgoal


class WordJudge:
    """Counts the subgoal's name among the words of input and output; remembers what it was asked."""

    def __init__(self, batch_size: int = 3, judge_id: str = "test/words/1") -> None:
        self.id = judge_id
        self.batch_size = batch_size
        self.asked: list[tuple[str, str]] = []
        """(input, subgoal id) of every pair, in the order asked."""
        self.fails_on: set[str] = set()
        """Inputs that it cannot judge."""

    async def judge(self, samples: Sequence[Sample], subgoals: Sequence[Subgoal]) -> list[Alignment]:
        """See `roles.Judge`."""
        return [self._align(sample, subgoal) for sample in samples for subgoal in subgoals]

    def _align(self, sample: Sample, subgoal: Subgoal) -> Alignment:
        self.asked.append((sample.input, subgoal.id))
        n = f"{sample.input} {sample.output}".split().count(subgoal.name)
        failed = sample.input in self.fails_on
        return Alignment(
            sample_id=sample.id,
            subgoal_id=subgoal.id,
            level=None if failed else min(n, TOP_LEVEL),
            explanation="no answer" if failed else f"says it {n} times",
            judge=self.id,
        )
