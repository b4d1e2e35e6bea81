"""Samples and subgoals of domains that the judge's calibration has never seen: one sample for each subgoal."""

from goalcover.agent.models import Sample, Subgoal

_ROWS = (
    (
        "beekeeping",
        "Beekeeping",
        "Answers questions about hives, bees and the honey harvest",
        "My hive has become very light after three weeks of rain. Should I feed the bees?",
        "Yes. Lift the hive from behind: if it rises easily, the colony is short of stores. Feed the bees thick sugar "
        "syrup above the brood box in the evening, and stop when nectar comes in, or the syrup ends up in your honey.",
    ),
    (
        "chess",
        "Chess openings",
        "Explains opening moves, gambits and the plans behind them",
        "Why do players answer the Queen's Gambit by taking the pawn on c4?",
        "In the Queen's Gambit Accepted black takes on c4 to give up the centre for quick development. The opening's "
        "plan is to play c5 and win time against the bishop; keeping the gambit pawn with b5 usually loses it back.",
    ),
    (
        "pottery",
        "Pottery",
        "Advises on throwing clay, glazing and firing in the kiln",
        "My bowls crack in the kiln during the first firing. What am I doing wrong?",
        "Clay that is still damp turns its water to steam in the kiln. Let the pots dry for a week, keep the walls "
        "even when you throw them, and heat slowly before the firing proper. Glaze only after the biscuit firing.",
    ),
    (
        "sailing",
        "Sailing",
        "Teaches sail trim, tacking and steering a sailing boat",
        "The boat stops dead whenever I tack in a light breeze. How do I get through the wind?",
        "Bear away first so that the boat has speed, then push the tiller over gently. Let the jib back until the bow "
        "is through the wind, and only then sheet it in on the new side and trim the mainsail.",
    ),
    (
        "portraits",
        "Portrait photography",
        "Explains lenses, lighting and exposure for portraits",
        "My portraits have hard shadows under the eyes at noon. How can I soften the light?",
        "Turn the model's back to the sun and expose for the face, or hold a diffuser between the two. A lens of 85 mm "
        "at f/2 blurs the background; raise the exposure by one stop so that the skin is not too dark.",
    ),
)

SUBGOALS = tuple(Subgoal(id=row[0], name=row[1], description=row[2]) for row in _ROWS)
SAMPLES = tuple(Sample(id=row[0], row=number, input=row[3], output=row[4]) for number, row in enumerate(_ROWS, 1))
