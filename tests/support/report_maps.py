"""Maps of gaps for report tests."""

from goalcover.agent.models import GapMap, MapPoint


def gap_map(subgoal_id: str, *points: tuple[str, float, float, int | None, str]) -> GapMap:
    """A map of points (sample id, x, y, group, quote)."""
    return GapMap(
        subgoal_id=subgoal_id,
        points=tuple(MapPoint(sample_id=one, x=x, y=y, group=group, quote=quote) for one, x, y, group, quote in points),
    )


ESCALATION_MAP = gap_map(
    "escalation",
    ("ticket-0052", 0.12, 0.9, 0, "If this is not solved by Friday"),
    ("ticket-1511", 0.8, 0.25, 1, "my mother passed away last week"),
    ("ticket-0417", 0.5, 0.0, None, "I cancelled two days after"),
)
