"""Whether subgoals are a valid decomposition of a goal (Definition 2, Eq. 1 to 3), each finding with a repair.

The cuts were set on one half of tests/probes/elicitation and are tested on the other.
"""

from collections.abc import Sequence
from itertools import combinations

from goalcover.agent.elicitation import Checks, Completeness, Specification
from goalcover.agent.embedded import atomicity, completeness, disjointness
from goalcover.agent.embedded.clauses import clauses
from goalcover.agent.embedded.domains import field_of
from goalcover.agent.embedded.naming import unseen
from goalcover.agent.embedder import Embedder
from goalcover.agent.models import Subgoal


def check(specification: Specification, subgoals: Sequence[Subgoal], embedder: Embedder) -> Checks:
    """All three checks. A repair of one subgoal takes no id that another has."""
    domain = field_of(specification, None, embedder)
    uncovered = completeness.uncovered(specification, subgoals, domain, embedder)
    compare = disjointness.Comparison(subgoals, embedder)
    return Checks(
        atomic=tuple(atomicity.check(one, subgoals, domain, embedder) for one in subgoals),
        disjoint=tuple(compare.check(i, j) for i, j in combinations(range(len(subgoals)), 2)),
        complete=Completeness(ok=not uncovered, uncovered=uncovered),
        noted=unseen(clauses(specification, domain), domain),
    )
