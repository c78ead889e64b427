"""How quickly what a film is held to follows what is painted, and where a new scene begins. Not a feature."""

from __future__ import annotations

from lib_anim.plan.plan import Plan


def rates(kind: str, mean_of: int, plan: Plan, *, first_of: int = 0) -> dict[int, float]:
    """How far a reference goes towards each painted frame, 0..1, by the frame's index; the first always counts whole.

    "first" stays there, "previous" is always the last one, "mean" is a slow mean. With "scene" the reference becomes the mean
    of the first `mean_of` painted frames of each prompt (of the first prompt, `first_of`); then it holds, unless the prompt
    goes on changing its weights, when it follows as with "mean".
    """
    indexes = [span.painted for span in plan.spans]
    found = dict.fromkeys(indexes, {"first": 0.0, "previous": 1.0}[kind] if kind in ("first", "previous") else 1.0 / mean_of)
    age, last, learns = 0, None, first_of or mean_of
    for index in indexes if kind == "scene" else ():
        prompt = plan.prompts[index]
        if last and prompt.words != last.words:
            age, learns = 0, mean_of
        age += 1
        if age <= learns:
            found[index] = 1.0 / age
        elif prompt == last:
            found[index] = 0.0
        last = prompt
    return {**found, indexes[0]: 1.0}
