"""The painters' protocol: a request goes in, a picture comes out. All of it is our own plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lib_anim.errors import Blank, EngineError, OutOfMemory
from lib_anim.images.frame import Frame, Mask, check_frame
from lib_anim.messages import Message
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Control:
    """A picture that guides the painting of another: one ControlNet unit for one frame.

    model          the engine's name of the network
    image          what it is guided by, of the request's size
    mask           (H, W) float32: 0 not here .. 1 here; None is everywhere
    weight         how strongly, 0 not at all
    start, end     share of the steps during which it guides, 0..1
    module         pre-processor that makes the guiding picture from `image`; "none" where `image` is one
    resize, mode   by the ControlNet extension's names
    """

    model: str
    image: Frame
    mask: Mask | None = None
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    module: str = "none"
    resize: str = "Crop and Resize"
    mode: str = "Balanced"


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """One picture to paint.

    prompts, negatives   weighted texts, weights adding up to 1
    seed, subseed        of the first noise; `subseed_strength` 0 only seed .. 1 only subseed
    size                 (width, height), multiples of 8
    sampler, scheduler   WebUI names, resolved
    init                 the picture to paint over, of `size`; None paints from nothing (txt2img)
    denoise              how much is painted anew, 0 nothing .. 1 all; A1111's step count follows from it
    moved                the moved picture before anything was done to it, to compare the painted one with
    mask                 (H, W) float32: 0 keep .. 1 paint with `denoise`; None is 1 everywhere
    controls             pictures that guide the painting
    overrides            options by the WebUI's names, such as initial_noise_multiplier
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
    moved: Frame | None = None
    mask: Mask | None = None
    controls: tuple[Control, ...] = ()
    overrides: Mapping[str, object] = field(default_factory=lambda: _NOTHING)

    @property
    def stands(self) -> bool:
        """Whether there is nothing to paint: the picture stays as it is."""
        return self.init is not None and self.denoise <= 0.0

    def override(self, option: str, default: float) -> float:
        """The number of one of `overrides`; `default` where it is not among them."""
        value = self.overrides.get(option, default)
        assert isinstance(value, (int, float))
        return float(value)

    def standing(self, frame: Frame) -> SampleRequest:
        """This request, answered by a picture that stands: an anchor for what is painted beside it."""
        return replace(self, init=frame, denoise=0.0, mask=None)

    def masked(self, mask: Mask) -> SampleRequest:
        """This request where `mask` lets it be painted as well; masks multiply, so that none overrides another."""
        return replace(self, mask=mask if self.mask is None else self.mask * mask)


@dataclass(frozen=True, eq=False)
class Sampled:
    """A painted picture, the seed it was painted with, and what the journal should know about it."""

    frame: Frame
    seed: int
    notes: Mapping[str, object] = field(default_factory=lambda: _NOTHING)


Answer = Sampled | Blank  # to a request: a picture, or why there is none


def unpainted(request: SampleRequest) -> Sampled:
    """The answer to a request whose picture stands."""
    if request.init is None:
        raise ValueError("there is no picture that could stand")
    return Sampled(request.init, request.seed, {"painted": False})


@dataclass(frozen=True)
class Clip:
    """How many pictures an engine paints as one motion: `length` at most.

    The first `overlap` of them are the last ones of the clip before, as far as there are any; they stand.
    """

    length: int = 1
    overlap: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.length:
            raise ValueError(f"a clip of {self.length} pictures cannot have {self.overlap} of the one before")


ONE_PICTURE = Clip()


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do: the names it knows, and words for the rest.

    "soft_mask": masks between 0 and 1; "caption": its pictures want prompt and frame number written on them; "no_model": it
    only stands in for one, so that nothing it leaves out is missed; a WebUI's name of an option: it goes by that option in a
    request's `overrides`.
    """

    samplers: tuple[str, ...] = SAMPLERS
    schedulers: tuple[str, ...] = SCHEDULERS
    words: frozenset[str] = frozenset()
    checkpoints: tuple[str, ...] = ()  # that it can change to in the middle of a film
    vaes: tuple[str, ...] = ()  # the same
    controls: tuple[str, ...] = ()  # names of the networks for `Control.model`
    clip: Clip = ONE_PICTURE

    def __contains__(self, word: str) -> bool:
        return word in self.words


@dataclass(frozen=True)
class Style:
    """Texts to lay round a prompt and what it avoids, where {prompt} stands or else behind them; each on one line."""

    name: str
    prompt: str
    negative: str


@dataclass(frozen=True)
class Palette:
    """What a painter has for prompts to name: LoRAs for `<lora:name:1>`, and styles."""

    loras: tuple[str, ...] = ()
    styles: tuple[Style, ...] = ()

    @classmethod
    def of(cls, loras: Iterable[object], styles: Iterable[tuple[object, object, object]] = ()) -> Palette:
        """From lists as hosts give them, in the order of the alphabet: names that no tag can hold, and lines between the
        styles of several files, which have no texts, are left out."""
        names = {str(name) for name in loras}
        made = (Style(str(name), *(" ".join(str(text or "").split()) for text in texts)) for name, *texts in styles)
        return cls(
            tuple(sorted((name for name in names if name and not _NOT_IN_TAGS.search(name)), key=str.lower)),
            tuple(sorted((one for one in made if one.prompt or one.negative), key=lambda one: one.name.lower())),
        )


_NOT_IN_TAGS = re.compile(r"[<>:`\r\n]")  # back-ticks would be a formula


class Engine:
    """Paints pictures. An image engine implements `paint`, a clip engine `paint_take`; callers use `sample`, `sample_take`."""

    name = "engine"
    wanted: Callable[[], bool] = staticmethod(lambda: True)  # false when the film was asked to end: nothing is begun again

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities()

    def sample(self, request: SampleRequest) -> Sampled:
        """Paint one picture. Raises EngineError, and of its kinds Blank, OutOfMemory and Interrupted."""
        (answer,) = self.sample_take((request,))
        if isinstance(answer, Blank):
            raise answer
        return answer

    def sample_take(self, take: Sequence[SampleRequest]) -> tuple[Answer, ...]:
        """Paint the pictures of a take, each answered in its place. Raises EngineError but for Blank, which is an answer."""
        for request in take:
            _validate(request)
        return self.paint_take(take) if take else ()

    def paint_take(self, take: Sequence[SampleRequest]) -> tuple[Answer, ...]:
        """Paint a validated take; one by one unless an engine paints clips. Pictures that stand are answers already."""
        return tuple(unpainted(request) if request.stands else self._paint_or_blank(request) for request in take)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one validated request. Raises EngineError."""
        raise EngineError(Message("{name} cannot paint", name=self.name))

    def _paint_or_blank(self, request: SampleRequest) -> Answer:
        try:
            return self.paint(request)
        except Blank as blank:
            return blank

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """What the engine does not understand of a film's prompts, a sentence each, said before the first picture."""
        return []

    def rest(self) -> None:
        """Let others paint: nothing will be asked for a while, since the film is held or over."""

    def free(self) -> None:
        """Give back memory that is not in use, so that a picture it did not suffice for can be tried again."""

    def close(self) -> None:
        """Give back what the engine holds."""


def _validate(request: SampleRequest) -> None:
    """Check what engines rely on. Raises EngineError, ValueError."""
    width, height = request.size
    if width % 8 or height % 8:
        text = "{width}x{height} cannot be painted; both sides must be multiples of 8"
        raise EngineError(Message(text, width=width, height=height))
    if request.init is not None:
        check_frame(request.init, request.size)


def sample_or_retry(engine: Engine, take: Sequence[SampleRequest]) -> tuple[Answer, ...]:
    """Paint a take, once more where memory did not suffice and after all is freed that can be. Raises as `sample_take`."""
    try:
        return engine.sample_take(take)
    except OutOfMemory:
        pass  # not here: while the error is at hand, all that the failed call had in memory is held
    engine.free()
    answers = engine.sample_take(take)
    return tuple(answer if isinstance(answer, Blank) else _noted(answer) for answer in answers)


def _noted(sampled: Sampled) -> Sampled:
    return replace(sampled, notes={**sampled.notes, "out_of_memory": "painted at the second try"})
