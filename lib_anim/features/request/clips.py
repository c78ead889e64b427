"""Clips: how many pictures an engine of clips paints as one motion, and how its model looks over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.engines.clips import Clip, ClipOptions, Contexts, FreeInit
from lib_anim.errors import Problem, SettingsError
from lib_anim.features.request.clip_ends import ends_of
from lib_anim.language.prompts import Prompt, melted
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_WORD = "clip_length"
_TRAVELLING = ("R+P", "A")  # closed loops whose prompts lead back to the first


def with_clip(plan: Plan, capabilities: Capabilities) -> Capabilities:
    """Return the capabilities with the clips that the film asks for: their length and overlap, if the engine paints clips of
    any length, and whether they are matched."""
    clip, settings = capabilities.clip, plan.settings
    repaints = clip.repaints and settings.switch("clip_match")
    if _WORD in capabilities:
        length = settings.integer("clip_length")
        alone = settings.switch("clip_first_alone") and plan.in_use("clip_first_alone")
        clip = Clip(length, min(settings.integer("clip_overlap"), length - 1), alone=alone)
    return replace(capabilities, clip=replace(clip, repaints=repaints))


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On where the engine paints clips of any length. Raises SettingsError."""
    if _WORD not in tools.capabilities:
        return None
    problems = [*_overlaps(settings), *_loop_problems(settings, len(plan.spans))]
    if problems:
        raise SettingsError(problems)
    options = ClipOptions(_contexts(settings), settings.text("clip_noise") == "FreeNoise", _free_init(settings))
    ends = ends_of(settings, plan, tools)
    travels = settings.text("clip_closed_loop") in _TRAVELLING
    begin = _last_change(plan.prompts) if travels else 0

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        if travels:
            request = _led_back(request, plan.prompts, begin)
        return replace(request, clip=ends.options(options, request.index) if ends else options)

    clip = tools.capabilities.clip
    return Steps(ask=(ask,), does=f"clips of {clip.length}, {clip.overlap} of them of the one before")


def _contexts(settings: Settings) -> Contexts:
    return Contexts(
        length=settings.integer("clip_context"),
        overlap=settings.integer("clip_context_overlap"),
        stride=settings.integer("clip_stride"),
        closed_loop=settings.text("clip_closed_loop"),
        blend=settings.text("clip_blend"),
    )


def _free_init(settings: Settings) -> FreeInit:
    if not settings.switch("free_init"):
        return FreeInit()
    return FreeInit(
        settings.integer("free_init_passes"),
        settings.text("free_init_filter"),
        settings.number("free_init_space"),
        settings.number("free_init_time"),
    )


def _overlaps(settings: Settings) -> list[Problem]:
    """Return the problems of overlaps that leave no room for a new picture."""
    found = []
    for key, whole in (("clip_overlap", "clip_length"), ("clip_context_overlap", "clip_context")):
        if settings.integer(key) >= settings.integer(whole):
            reason = Message("there is no room for a new picture: {key} is {n}", key=whole, n=settings.integer(whole))
            found.append(Problem(key, reason, Message("write less than {n}", n=settings.integer(whole))))
    return found


def _loop_problems(settings: Settings, n_pictures: int) -> list[Problem]:
    """Return the problem of a loop that cannot close: a film of several clips, or one that a context holds whole."""
    if settings.text("clip_closed_loop") == "N":
        return []
    length, context, stride = (settings.integer(key) for key in ("clip_length", "clip_context", "clip_stride"))
    if n_pictures > length:
        text = "the film has {n} painted pictures and a clip {length}; a loop closes within one clip"
        reason = Message(text, n=n_pictures, length=length)
        return [Problem("clip_closed_loop", reason, Message("write {value}", value=f"clip_length {n_pictures}"))]
    if n_pictures <= context:
        text = "a context of {n} holds all {m} pictures, so that none leads from the last to the first"
        return [Problem("clip_closed_loop", Message(text, n=context, m=n_pictures), "write a smaller clip_context")]
    reach = context * 2 ** (stride - 1)
    if stride > 1 and reach >= 2 * n_pictures:
        text = "a context that reaches over {n} pictures goes round a film of {m} more than once"
        return [Problem("clip_stride", Message(text, n=reach, m=n_pictures), "write a smaller clip_stride")]
    return []


def _last_change(prompts: Sequence[Prompt]) -> int:
    """Return the frame from which on the prompt stays that of the last frame."""
    last = len(prompts) - 1
    return next((frame + 1 for frame in range(last, -1, -1) if prompts[frame] != prompts[last]), 0)


def _led_back(request: SampleRequest, prompts: Sequence[Prompt], begin: int) -> SampleRequest:
    """Return a request whose prompt is on its way from that of the frame `begin` to the first."""
    if request.index <= begin:
        return request
    share = (request.index - begin) / (len(prompts) - begin)
    prompt = melted(prompts[request.index], prompts[0], share)
    return replace(request, prompts=prompt.positives, negatives=prompt.negatives)
