"""The painters' protocol: a request goes in, a picture comes out. All of it is our own plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lib_anim.errors import EngineError, OutOfMemory
from lib_anim.images.frame import Frame, Mask, check_frame
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """One picture to paint.

    prompts, negatives   weighted texts, weights adding up to 1
    seed, subseed        of the first noise; `subseed_strength` 0 only seed .. 1 only subseed
    size                 (width, height), multiples of 8
    sampler, scheduler   WebUI names, resolved
    init                 the picture to paint over, of `size`; None paints from nothing (txt2img)
    denoise              how much is painted anew, 0 nothing .. 1 all; A1111's step count follows from it
    moved                the moved picture before anything was done to it, for engines that wrap an engine
    mask                 0 keep .. 1 paint with `denoise`; None is 1 everywhere
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
    overrides: Mapping[str, object] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, eq=False)
class Sampled:
    """A painted picture, the seed it was painted with, and what the journal should know about it."""

    frame: Frame
    seed: int
    notes: Mapping[str, object] = field(default_factory=lambda: _NOTHING)


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
    """A painter. Subclasses write `paint`; whoever wants pictures calls `sample`."""

    name = "engine"
    wanted: Callable[[], bool] = staticmethod(lambda: True)  # false when the film was asked to end: nothing is begun again

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities()

    def sample(self, request: SampleRequest) -> Sampled:
        """Paint one picture. Nothing to paint (denoise 0) costs nothing.

        Raises EngineError, and of its kinds OutOfMemory and Interrupted.
        """
        width, height = request.size
        if width % 8 or height % 8:
            raise EngineError(f"{width}x{height} cannot be painted; both sides must be multiples of 8")
        if request.init is not None:
            check_frame(request.init, request.size)
            if request.denoise <= 0.0:
                return Sampled(request.init, request.seed, {"painted": False})
        return self.paint(request)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture whose request has been looked at."""
        raise EngineError(f"{self.name} cannot paint")

    def sample_many(self, requests: Iterable[SampleRequest]) -> list[Sampled]:
        """Paint several pictures that do not depend on each other; one by one unless an engine knows better."""
        return [self.sample(request) for request in requests]

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """What the engine does not understand of a film's prompts, a sentence each, said before the first picture."""
        return []

    def rest(self) -> None:
        """Let others paint: nothing will be asked for a while, since the film is held or over."""

    def free(self) -> None:
        """Give back memory that is not in use, so that a picture it did not suffice for can be tried again."""

    def close(self) -> None:
        """Give back what the engine holds."""


class Wrapped(Engine):
    """An engine around an engine: paints by asking it, as often and for whatever it likes."""

    def __init__(self, inner: Engine):
        self.inner = inner
        self.name = inner.name

    @property
    def capabilities(self) -> Capabilities:
        """Those of the engine inside."""
        return self.inner.capabilities

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """Those of the engine inside."""
        return self.inner.remarks(texts)

    def rest(self) -> None:
        """Let the engine inside rest."""
        self.inner.rest()

    def free(self) -> None:
        """Free what the engine inside does not use."""
        self.inner.free()

    def close(self) -> None:
        """Close the engine inside."""
        self.inner.close()


class SecondTry(Wrapped):
    """Tries a picture that memory did not suffice for once more, when all is freed that can be."""

    def paint(self, request: SampleRequest) -> Sampled:
        """The picture. Raises OutOfMemory the second time."""
        try:
            return self.inner.sample(request)
        except OutOfMemory:
            pass  # not here: as long as the error is at hand, so is all that the failed call had in memory
        self.inner.free()
        sampled = self.inner.sample(request)
        return replace(sampled, notes={**sampled.notes, "out_of_memory": "painted at the second try"})
