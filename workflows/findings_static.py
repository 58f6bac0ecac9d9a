"""What playing every path of a model can find, in words: what is wrong, and what to do instead."""

from workflows.sentences import N_

STATIC = {
    "static.deadlock": (
        N_("“%(element)s” can wait for ever for a flow that does not come."),
        N_("Join with the kind of gateway that split."),
    ),
    "static.never": (
        N_("“%(element)s” can never happen on any path."),
        N_("Look for the join before it that cannot fire."),
    ),
    "static.unbounded": (
        N_("“%(element)s” can be asked for again and again without end."),
        N_("Join the parallel flows before the loop goes round."),
    ),
    "static.twice": (
        N_("“%(element)s” can be asked for twice at the same time."),
        N_("Join parallel flows before it with a parallel gateway."),
    ),
    "static.separation": (
        N_("One person could do “%(element)s” first and “%(other)s” after it, though the two are separated."),
        N_("Name both steps in each other's qms:notBy, or draw them one after the other."),
    ),
    "static.required": (
        N_("The end “%(element)s” can be reached without “%(other)s”, which it requires."),
        N_("Lead the path through the step, or to another end."),
    ),
    "static.unsettled": (
        N_("A path through “%(element)s” ends while the lot is neither released nor rejected."),
        N_("Release or reject the lot on every path to an end."),
    ),
    "static.escalation": (
        N_("Nobody is reminded when “%(element)s” is late."),
        N_("Draw a timer at the step, or leave it to the site's default reminder."),
    ),
    "static.too_large": (
        N_("“%(element)s” has too many states to play them all; not checked on every path: %(checks)s."),
        N_("Split the process, or draw fewer parallel branches; otherwise look at these points yourself."),
    ),
    "static.combinations": (
        N_("“%(element)s” has so many ways out that only each alone and every two together were played."),
        N_("Draw two gateways one after the other, or look at the other combinations yourself."),
    ),
}

CHECKS = (
    N_("steps that wait for ever"),
    N_("steps that never happen"),
    N_("steps asked for twice at once"),
    N_("steps that two people must do"),
    N_("steps that an end requires"),
    N_("lots neither released nor rejected"),
)
"""What is looked for on every path, by the words of the warning that it was not."""
