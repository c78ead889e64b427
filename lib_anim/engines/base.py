"""The protocol of engines: a request in, a picture out. All types are plain data of this project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lib_anim.engines.clips import ONE_PICTURE, PLAIN, Clip, ClipOptions
from lib_anim.engines.record import ModelRecord
from lib_anim.engines.scripts import NO_ARGUMENTS, Script, ScriptArguments
from lib_anim.engines.strength import WEBUI
from lib_anim.errors import Blank, Disturbed, EngineError, Interrupted, OutOfMemory
from lib_anim.images.frame import Frame, Mask, check_frame
from lib_anim.messages import Message
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS

ORIGINAL = "original"  # of `SampleRequest.fill`: the picture itself
_EMPTY: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Control:
    """A picture that guides painting: one ControlNet unit for one frame. Its network can be an IP-Adapter too.

    model          the engine's name of the network
    image          the guiding picture, or the source of it, of the request's size
    mask           (H, W) float32: 0 not guided .. 1 guided; None is 1 everywhere
    weight         how strongly it guides; 0 does nothing
    start, end     share of the steps during which it guides, 0..1
    module         pre-processor that computes the guiding picture from `image`; "none" if `image` is one
    mode           control mode, by its name in the ControlNet extension
    options        further fields of the extension's units, such as processor_res
    required       whether a picture that it did not guide is an error, not a note
    """

    model: str
    image: Frame
    mask: Mask | None = None
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    module: str = "none"
    mode: str = "Balanced"
    options: Mapping[str, object] = field(default_factory=lambda: _EMPTY)
    required: bool = True

    def acts(self, call: int, calls: int) -> bool:
        """Return whether it guides a call of the model: the whole of that call lies between its start and end."""
        return call / calls >= self.start and (call + 1) / calls <= self.end


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """One picture to paint.

    prompts, negatives   weighted texts; weights sum to 1
    seed, subseed        of the first noise; `subseed_strength` 0 only seed .. 1 only subseed
    size                 (width, height), multiples of 8
    sampler, scheduler   WebUI names, resolved
    init                 the picture to paint over, of `size`; None paints from nothing (txt2img)
    denoise              how much is painted anew, 0 nothing .. 1 all; the step count follows from it
    strength_steps       how it follows: "webui" A1111's count, "exact" from just that share of noise, "real" that in all steps
    moved                the moved picture before effects, to compare the painted one with
    mask                 (H, W) float32: 0 keep .. 1 paint with `denoise`; None is 1 everywhere
    fill                 what painting within the mask starts from, a value of the setting `fill`; other than "original" only
                         for engines with the word "latent_fill"
    controls             pictures that guide the painting
    overrides            options by their WebUI names, such as initial_noise_multiplier
    scripts              arguments of a WebUI's always-on scripts: name of a script -> name of an argument -> value
    clip                 how an engine that paints clips paints it
    """

    index: int
    size: tuple[int, int]
    prompts: tuple[tuple[str, float], ...] = (("", 1.0),)
    negatives: tuple[tuple[str, float], ...] = (("", 1.0),)
    seed: int = 0
    subseed: int = 0
    subseed_strength: float = 0.0
    steps: int = 20
    cfg_scale: float = 7.0
    sampler: str = "Euler a"
    scheduler: str = "Automatic"
    init: Frame | None = None
    denoise: float = 1.0
    strength_steps: str = WEBUI
    moved: Frame | None = None
    mask: Mask | None = None
    fill: str = ORIGINAL
    controls: tuple[Control, ...] = ()
    overrides: Mapping[str, object] = field(default_factory=lambda: _EMPTY)
    scripts: ScriptArguments = field(default_factory=lambda: NO_ARGUMENTS)
    clip: ClipOptions = PLAIN

    @property
    def stands(self) -> bool:
        """Whether `init` is returned unchanged, without painting."""
        return self.init is not None and self.denoise <= 0.0

    def override(self, option: str, default: float) -> float:
        """Return the number of an option in `overrides`, or `default`."""
        value = self.overrides.get(option, default)
        assert isinstance(value, (int, float))
        return float(value)

    def standing(self, frame: Frame) -> SampleRequest:
        """Return this request as an anchor: `frame` stands unaltered in the take."""
        return replace(self, init=frame, denoise=0.0, mask=None)

    def masked(self, mask: Mask) -> SampleRequest:
        """Return this request with its mask multiplied by `mask`, so that several features can mask."""
        return replace(self, mask=mask if self.mask is None else self.mask * mask)


@dataclass(frozen=True, eq=False)
class Sampled:
    """A painted picture, its seed, and notes for the journal."""

    frame: Frame
    seed: int
    notes: Mapping[str, object] = field(default_factory=lambda: _EMPTY)


Answer = Sampled | Blank  # to a request: a picture, or the reason why there is none


def unpainted(request: SampleRequest) -> Sampled:
    """Return the answer to a request that needs no painting. Raises ValueError without an `init`."""
    if request.init is None:
        raise ValueError("there is no picture that could stand")
    return Sampled(request.init, request.seed, {"painted": False})


PATIENCE = 3  # attempts at a take that others disturb


@dataclass(frozen=True)
class Capabilities:
    """What an engine supports: known names, and a set of words for other abilities.

    "soft_mask": masks between 0 and 1. "latent_fill": it obeys the fills of a request. "controlnet": ControlNets, whose names
    are in `controls`. "caption": prompt and frame number are to be written on its pictures. "no_model": a
    placeholder that paints nothing, so that unsupported settings are no problem. "small_world": it paints the pictures that
    the small depth network knows. "clip_length": it paints clips of any length. The WebUI's name of an option: the engine
    obeys that option in `overrides`.
    """

    samplers: tuple[str, ...] = SAMPLERS
    schedulers: tuple[str, ...] = SCHEDULERS
    words: frozenset[str] = frozenset()
    checkpoints: tuple[str, ...] = ()  # that it can switch to within a film
    vaes: tuple[str, ...] = ()  # likewise
    controls: tuple[str, ...] = ()  # names of the networks for `Control.model`
    preprocessors: tuple[str, ...] = ()  # names for `Control.module`
    control_units: int | None = None  # how many controls a request can have; None is any number
    clip: Clip = ONE_PICTURE
    lacks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # word -> why it is not there
    stepwise: tuple[str, ...] = ()  # samplers that take no noise levels, so that exact strength does not reach them
    scripts: tuple[Script, ...] = ()  # of a WebUI
    size_step: int = 8  # both sides of pictures are multiples of it

    def __contains__(self, word: str) -> bool:
        return word in self.words


@dataclass(frozen=True)
class Style:
    """A WebUI style: texts for the prompt and the negative prompt, each on one line; {prompt} marks the prompt's place."""

    name: str
    prompt: str
    negative: str


@dataclass(frozen=True)
class Palette:
    """What prompts can name: LoRAs for `<lora:name:1>`, and styles."""

    loras: tuple[str, ...] = ()
    styles: tuple[Style, ...] = ()

    @classmethod
    def of(cls, loras: Iterable[object], styles: Iterable[tuple[object, object, object]] = ()) -> Palette:
        """Build a palette from a host's lists, sorted. Names that no tag can hold are dropped, and so are styles without texts,
        with which hosts separate several files."""
        names = {str(name) for name in loras}
        made = (Style(str(name), *(" ".join(str(text or "").split()) for text in texts)) for name, *texts in styles)
        return cls(
            tuple(sorted((name for name in names if name and not _NOT_IN_TAGS.search(name)), key=str.lower)),
            tuple(sorted((one for one in made if one.prompt or one.negative), key=lambda one: one.name.lower())),
        )


_NOT_IN_TAGS = re.compile(r"[<>:`\r\n]")  # back-ticks would begin a formula


class Engine:
    """Base of engines. An image engine implements `paint`, a clip engine `paint_take`; callers use `sample`, `sample_take`."""

    name = "engine"

    @property
    def capabilities(self) -> Capabilities:
        """What the engine supports."""
        return Capabilities()

    def sample(self, request: SampleRequest) -> Sampled:
        """Paint one picture. Raises EngineError, also as Blank, OutOfMemory or Interrupted."""
        (answer,) = self.sample_take((request,))
        if isinstance(answer, Blank):
            raise answer
        return answer

    def sample_take(self, take: Sequence[SampleRequest]) -> tuple[Answer, ...]:
        """Validate and paint a take; answers are in the order of requests. Raises EngineError; a Blank is an answer."""
        for request in take:
            _validate(request)
        return self.paint_take(take) if take else ()

    def paint_take(self, take: Sequence[SampleRequest]) -> tuple[Answer, ...]:
        """Paint a validated take, by default picture by picture. Requests that stand are not painted."""
        return tuple(unpainted(request) if request.stands else self._paint_or_blank(request) for request in take)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one validated request. Raises EngineError."""
        raise EngineError(Message("{name} cannot paint", name=self.name))

    def _paint_or_blank(self, request: SampleRequest) -> Answer:
        try:
            return self.paint(request)
        except Blank as blank:
            return blank

    def activity(self) -> str:
        """Return what the engine does other than painting: "waiting" for another job, "loading" its model; else "". Any thread
        may ask.
        """
        return ""

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """Return a message for each part of a film's prompts that the engine ignores."""
        return []

    def record(self, texts: Iterable[str]) -> ModelRecord:
        """What a film with these prompts is painted with, as far as that is known."""
        return ModelRecord()

    def options(self) -> Mapping[str, object]:
        """Options of a WebUI that choose this model there, for going on with it."""
        return _EMPTY

    def rest(self) -> None:
        """Let other users of the engine paint, since the film is paused or over."""

    def free(self) -> None:
        """Release unused memory, so that a picture that ran out of memory can be retried."""

    def close(self) -> None:
        """Release all resources."""


def _validate(request: SampleRequest) -> None:
    """Validate what engines rely on. Raises EngineError, ValueError."""
    width, height = request.size
    if width % 8 or height % 8:
        text = "{width}x{height} cannot be painted; both sides must be multiples of 8"
        raise EngineError(Message(text, width=width, height=height))
    if request.init is not None:
        check_frame(request.init, request.size)
    for control in request.controls:
        check_frame(control.image, request.size)


def sample_or_retry(
    engine: Engine, take: Sequence[SampleRequest], stopped: Callable[[], bool] = lambda: False
) -> tuple[Answer, ...]:
    """Paint a take. Paint it again while others disturb it, PATIENCE times in all, unless the film is `stopped`; and once after
    an OutOfMemory, with unused memory released. Raises as `sample_take`."""
    for attempt in range(PATIENCE):
        try:
            answers = _sample_with_room(engine, take)
            return _noted(answers, {"begun_again": attempt}) if attempt else answers
        except Disturbed as error:
            if stopped():
                raise
            last = error
    raise Interrupted(Message("{said}, again and again", said=last)) from None


def _sample_with_room(engine: Engine, take: Sequence[SampleRequest]) -> tuple[Answer, ...]:
    """Paint a take; retry once after an OutOfMemory."""
    try:
        return engine.sample_take(take)
    except OutOfMemory:
        pass  # retried below: while the error exists, its traceback keeps the memory of the failed call
    engine.free()
    return _noted(engine.sample_take(take), {"out_of_memory": "painted at the second try"})


def _noted(answers: Sequence[Answer], notes: Mapping[str, object]) -> tuple[Answer, ...]:
    """Return the answers with notes added to the pictures."""
    return tuple(one if isinstance(one, Blank) else replace(one, notes={**one.notes, **notes}) for one in answers)
