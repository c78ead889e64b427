"""Learning rates of references, such as reference colours, and where a new scene begins. Not a feature."""

from __future__ import annotations

from lib_anim.plan.plan import Plan


def rates(kind: str, mean_of: int, plan: Plan, *, first_of: int = 0) -> dict[int, float]:
    """Return index -> rate for every painted frame: how far a reference moves towards the frame, 0..1. The first rate is 1.

    "first" keeps the first frame, "previous" takes each frame, "mean" is an exponential mean with the rate 1 / `mean_of`.
    With "scene" the reference is the mean of the first `mean_of` painted frames of each scene (of the first scene, `first_of`),
    and then stays; while the weights of the prompt still change, it follows as with "mean".
    """
    indexes = plan.spans.painted
    found = dict.fromkeys(indexes, {"first": 0.0, "previous": 1.0}[kind] if kind in ("first", "previous") else 1.0 / mean_of)
    age, last, learns = 0, None, first_of or mean_of
    for index in indexes if kind == "scene" else ():
        prompt = plan.prompts[index]
        if last and prompt is not last and prompt.words != last.words:
            age, learns = 0, mean_of
        age += 1
        if age <= learns:
            found[index] = 1.0 / age
        elif prompt == last:
            found[index] = 0.0
        last = prompt
    return {**found, indexes[0]: 1.0}
