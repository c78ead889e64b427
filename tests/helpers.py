"""Frames written as letters, and short ways to a shot."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from contextlib import ExitStack, closing
from itertools import chain

import numpy as np

from lib_anim.engines.base import Capabilities, Engine, Sampled, SampleRequest, sample_or_retry
from lib_anim.features.open import make_shot
from lib_anim.messages import Message
from lib_anim.plan.plan import make_plan
from lib_anim.runs.prefetch import Prefetch
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Tools

COLORS = {
    ".": (0, 0, 0),
    "W": (255, 255, 255),
    "R": (255, 0, 0),
    "G": (0, 255, 0),
    "B": (0, 0, 255),
    "Y": (255, 255, 0),
}
_LETTERS = {color: letter for letter, color in COLORS.items()}

# nothing but what a test switches on
QUIET = {
    "anim_version": "test",
    "W": 64,
    "H": 48,
    "seed": 7,
    "max_frames": 6,
    "diffusion_cadence": 1,
    "zoom": "0:(1)",
    "color_coherence": "None",
    "noise_schedule": 0,
    "amount_schedule": 0,
    "enable_noise_multiplier_scheduling": False,
    "sampling_mode": "nearest",
    "prompts": {"0": "a"},
}


def frame(*rows: str) -> np.ndarray:
    """A frame from letters, a pixel each."""
    return np.array([[COLORS[letter] for letter in row] for row in rows], np.uint8)


def letters(picture: np.ndarray) -> list[str]:
    """A frame as letters; "?" is any other colour."""
    return ["".join(_LETTERS.get(tuple(int(v) for v in pixel), "?") for pixel in row) for row in picture]


def settings(**changes):
    return settings_file.parse({**QUIET, **changes})


def shot(tools: Tools | None = None, part=None, **changes) -> Shot:
    return make_shot(make_plan(settings(**changes), part), tools)


def painted(engine: Engine, request: SampleRequest) -> Sampled:
    """What a film gets for a request: a picture that others disturbed is painted again."""
    [answer] = sample_or_retry(engine, [request])
    assert isinstance(answer, Sampled)
    return answer


class Painter(Engine):
    """Paints what a function of the request says, and remembers the requests."""

    name = "painter"
    capabilities = Capabilities(words=frozenset({"soft_mask"}))

    def __init__(self, paint):
        self._paint = paint
        self.requests: list[SampleRequest] = []

    def paint(self, request: SampleRequest) -> Sampled:
        self.requests.append(request)
        return Sampled(self._paint(request), request.seed)


def assert_resumed_alike(changes: Mapping[str, object], *, ahead: bool) -> None:
    """Film it whole, and from every picture on: frames are the same to the byte. `ahead` computes values beforehand."""
    with ExitStack() as stack:

        def begun() -> Reel:
            return Reel(shot(Tools(prefetch=stack.enter_context(closing(Prefetch())) if ahead else None), **changes))

        reel, engine, states, frames = begun(), Painter(noisy), [], []
        while (take := reel.ask()) is not None:
            frames.append(list(reel.take(engine.sample_take(take))))
            states.append(reel.state())
        assert len(states) > 2
        for done, state in enumerate(states[:-1], 1):
            again = begun()
            again.restore(state)
            for one, other in zip(render(again, engine), chain.from_iterable(frames[done:]), strict=True):
                assert np.array_equal(one.frame, other.frame)


class Dies(Exception):
    """The end of a process, as far as a film sees it."""


class Mortal(Painter):
    """Paints so many pictures, and dies at the next one."""

    def __init__(self, pictures: int):
        super().__init__(noisy)
        self._pictures = pictures

    def paint(self, request: SampleRequest) -> Sampled:
        if len(self.requests) == self._pictures:
            raise Dies
        return super().paint(request)


def answered(painting, engine: Engine) -> Sampled:
    """The picture of a painting whose requests an engine answers."""
    try:
        request = next(painting)
        while True:
            request = painting.send(engine.sample(request))
    except StopIteration as finished:
        return finished.value


def flat(request: SampleRequest) -> np.ndarray:
    """A picture of one colour that tells its index."""
    width, height = request.size
    return np.full((height, width, 3), request.index % 256, np.uint8)


def noisy(request: SampleRequest) -> np.ndarray:
    """A picture that depends on everything in the request, so that any difference shows."""
    width, height = request.size
    rng = np.random.default_rng(request.seed)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    if request.init is None:
        return picture
    share = request.denoise
    return np.rint(request.init * (1 - share) + picture * share).astype(np.uint8)


def write_tone(path, seconds=1.0, hertz=440.0, rate=16_000) -> None:
    """A sound file with one tone in it."""
    write_sound(path, tone(seconds, hertz, rate) * 20_000 / 32_767, rate)


def write_sound(path, samples, rate=44_100) -> None:
    """A WAV file of samples -1..1: (n,), or (n, channels)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())


def tone(seconds, hertz=440.0, rate=44_100) -> np.ndarray:
    """A sine of amplitude 1."""
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def clicks(times, seconds, rate=44_100) -> np.ndarray:
    """A short knock at each of `times`, in seconds."""
    samples, knock = np.zeros(int(seconds * rate)), 0.5 * tone(0.03, 1000.0, rate) * np.linspace(1, 0, int(0.03 * rate)) ** 2
    for at in (round(time * rate) for time in times):
        samples[at : at + len(knock)] += knock[: len(samples) - at]
    return samples


def problems_of(error) -> list[str]:
    return error.value.lines()


def plain(mapping: Mapping) -> dict:
    return dict(mapping)


def english(told):
    """A message that came as data, in English."""
    return Message(
        told["text"], **{name: english(value) if isinstance(value, dict) else value for name, value in told["values"].items()}
    )
