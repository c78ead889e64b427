"""The functions, constants and signals that formulas can use.

Every function works on whole arrays and depends only on its arguments; the random functions also on the run's seed.
`docs/formulas.md` is generated from the tables FUNCTIONS and SIGNALS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]  # (n,): one value per frame
Numbers = np.float64 | Values  # a scalar for all frames, or (n,), one value per frame
Signal = Callable[..., Values]  # (frames: Values, *numbers: float) -> (n,), a property of the film's sound at these frames

CONSTANTS = MappingProxyType({"pi": np.pi, "e": np.e})


@dataclass(frozen=True)
class Function:
    """A function of the language.

    `call` takes `low` to `high` arguments, each a scalar or an array; if `seeded`, the run's seed is passed before them.
    `usage` shows how to write a call, `summary` documents it.
    """

    call: Callable[..., Numbers]
    low: int
    high: int
    usage: str
    summary: str
    seeded: bool = False


def _where(condition: Numbers, yes: Numbers, no: Numbers) -> Numbers:
    return np.where(condition != 0, yes, no)


def _fold(ufunc: np.ufunc) -> Callable[..., Numbers]:
    """Turn a binary ufunc into a function of one or more arguments."""

    def call(first: Numbers, *rest: Numbers) -> Numbers:
        for other in rest:
            first = ufunc(first, other)
        return first

    return call


def _round(x: Numbers, digits: Numbers | float = 0.0) -> Numbers:
    scale = 10.0**digits
    return np.round(x * scale) / scale


def _clip_unit(x: Numbers) -> Numbers:
    return np.clip(x, 0.0, 1.0)


def _ramp(a: Numbers, b: Numbers, x: Numbers) -> Numbers:
    return _clip_unit((x - a) / (b - a))


def _smoothstep(a: Numbers, b: Numbers, x: Numbers) -> Numbers:
    u = _ramp(a, b, x)
    return u * u * (3.0 - 2.0 * u)


def _ease_in(x: Numbers, power: Numbers | float = 2.0) -> Numbers:
    return _clip_unit(x) ** power


def _ease_out(x: Numbers, power: Numbers | float = 2.0) -> Numbers:
    return 1.0 - (1.0 - _clip_unit(x)) ** power


def _ease_in_out(x: Numbers, power: Numbers | float = 2.0) -> Numbers:
    u = _clip_unit(x)
    return np.where(u < 0.5, 0.5 * (2.0 * u) ** power, 1.0 - 0.5 * (2.0 - 2.0 * u) ** power)


def _bounce(x: Numbers) -> Numbers:
    """Ease with Penner's bounce: four parabolas that all reach 1."""
    u = _clip_unit(x)
    starts, heights = np.array([1.5, 2.25, 2.625]) / 2.75, np.array([0.75, 0.9375, 0.984375])
    edges = np.array([1.0, 2.0, 2.5]) / 2.75
    result = 7.5625 * u * u
    for edge, start, height in zip(edges, starts, heights, strict=True):
        result = np.where(u >= edge, 7.5625 * (u - start) ** 2 + height, result)
    return result


def _elastic(x: Numbers) -> Numbers:
    """Ease with Penner's elastic: a damped oscillation about 1."""
    u = _clip_unit(x)
    ring = 2.0 ** (-10.0 * u) * np.sin((10.0 * u - 0.75) * 2.0 * np.pi / 3.0) + 1.0
    return np.where(u <= 0.0, 0.0, np.where(u >= 1.0, 1.0, ring))


def _phase(x: Numbers) -> Numbers:
    return x - np.floor(x)


def _wave(x: Numbers) -> Numbers:
    return np.sin(2.0 * np.pi * x)


def _triangle(x: Numbers) -> Numbers:
    return 1.0 - 4.0 * np.abs(_phase(x + 0.25) - 0.5)


def _saw(x: Numbers) -> Numbers:
    return 2.0 * _phase(x) - 1.0


def _square(x: Numbers, width: Numbers | float = 0.5) -> Numbers:
    return np.where(_phase(x) < width, 1.0, -1.0)


def _pulse(x: Numbers, width: Numbers | float = 0.1) -> Numbers:
    return np.where(_phase(x) < width, 1.0, 0.0)


def _hash(cell: Numbers, seed: Numbers | float, salt: Numbers | float) -> Values:
    """Hash each whole number `cell` to a uniform number in [0, 1), by the SplitMix64 finaliser (Steele et al., 2014).

    `seed` and `salt` select independent sequences. Returns float64 of shape (n,), (1,) for a scalar.
    """
    golden, first, second = (np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
    z = _words(cell) * golden
    for part in (_words(seed), _words(salt)):
        z = (z ^ part) + golden
        z = (z ^ (z >> np.uint64(30))) * first
        z = (z ^ (z >> np.uint64(27))) * second
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _words(values: Numbers | float) -> NDArray[np.uint64]:
    """Truncate numbers to 64-bit words, negative ones in two's complement. A scalar becomes (1,)."""
    return np.atleast_1d(np.asarray(values, np.float64)).astype(np.int64).astype(np.uint64)


def _rand(seed: Numbers | float, x: Numbers, salt: Numbers | float = 0.0) -> Numbers:
    return _hash(np.floor(x), seed, salt).reshape(np.shape(x) or np.shape(salt))


def _noise(seed: Numbers | float, x: Numbers, salt: Numbers | float = 0.0) -> Numbers:
    """Value noise in -1..1: random values at whole numbers, joined by Perlin's quintic 6u^5 - 15u^4 + 10u^3 (2002)."""
    cell = np.floor(x)
    u = x - cell
    u = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
    a, b = _rand(seed, cell, salt), _rand(seed, cell + 1.0, salt)
    return 2.0 * (a + (b - a) * u) - 1.0


def _ufunc(name: str, summary: str) -> Function:
    return Function(getattr(np, name), 1, 1, f"{name}(x)", summary)


FUNCTIONS = MappingProxyType(
    {
        **{name: _ufunc(name, "sine family, radians") for name in ("sin", "cos", "tan")},
        **{name: _ufunc(name, "inverse, radians") for name in ("arcsin", "arccos", "arctan")},
        **{name: _ufunc(name, "hyperbolic") for name in ("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh")},
        "arctan2": Function(np.arctan2, 2, 2, "arctan2(y, x)", "angle of the point (x, y), radians"),
        **{name: _ufunc(name, "logarithm") for name in ("log", "log10", "log1p")},
        **{name: _ufunc(name, "exponential") for name in ("exp", "expm1")},
        "sqrt": _ufunc("sqrt", "square root"),
        "abs": _ufunc("abs", "without its sign"),
        "sign": _ufunc("sign", "-1, 0 or 1"),
        "conj": Function(lambda x: x, 1, 1, "conj(x)", "x itself (numbers here are real)"),
        "floor": _ufunc("floor", "down to a whole number"),
        "ceil": _ufunc("ceil", "up to a whole number"),
        "int": Function(np.trunc, 1, 1, "int(x)", "towards zero to a whole number"),
        "round": Function(_round, 1, 2, "round(x, digits=0)", "to the nearest"),
        "fmod": Function(np.fmod, 2, 2, "fmod(a, b)", "remainder with the sign of a (`a % b` has that of b)"),
        "min": Function(_fold(np.minimum), 1, 32, "min(a, b, …)", "smallest"),
        "max": Function(_fold(np.maximum), 1, 32, "max(a, b, …)", "largest"),
        "clip": Function(lambda x, a, b: np.minimum(np.maximum(x, a), b), 3, 3, "clip(x, low, high)", "kept in a range"),
        "where": Function(_where, 3, 3, "where(condition, a, b)", "a where the condition holds, else b"),
        "lerp": Function(lambda a, b, x: a + (b - a) * x, 3, 3, "lerp(a, b, x)", "from a (x=0) to b (x=1), straight"),
        "ramp": Function(_ramp, 3, 3, "ramp(a, b, x)", "0 before a, 1 after b, straight between"),
        "smoothstep": Function(_smoothstep, 3, 3, "smoothstep(a, b, x)", "the same, soft at both ends"),
        "ease_in": Function(_ease_in, 1, 2, "ease_in(x, power=2)", "0..1, starts slowly"),
        "ease_out": Function(_ease_out, 1, 2, "ease_out(x, power=2)", "0..1, ends slowly"),
        "ease_in_out": Function(_ease_in_out, 1, 2, "ease_in_out(x, power=2)", "0..1, slow at both ends"),
        "bounce": Function(_bounce, 1, 1, "bounce(x)", "0..1, like a ball that comes to rest"),
        "elastic": Function(_elastic, 1, 1, "elastic(x)", "0..1, overshoots and rings"),
        "wave": Function(_wave, 1, 1, "wave(x)", "sine of period 1, -1..1: `wave(t/30)` repeats every 30 frames"),
        "triangle": Function(_triangle, 1, 1, "triangle(x)", "straight up and down, period 1, -1..1"),
        "saw": Function(_saw, 1, 1, "saw(x)", "rises from -1 to 1, then jumps back, period 1"),
        "square": Function(_square, 1, 2, "square(x, width=0.5)", "1 for the first part of each period, then -1"),
        "pulse": Function(_pulse, 1, 2, "pulse(x, width=0.1)", "1 for the first part of each period, then 0"),
        "rand": Function(_rand, 1, 2, "rand(x, salt=0)", "0..1, a new number for each whole x: `rand(t)`", seeded=True),
        "noise": Function(_noise, 1, 2, "noise(x, salt=0)", "-1..1, smooth: `noise(t/12)` drifts", seeded=True),
    }
)


def _signal(numbers: int, usage: str, summary: str) -> Function:
    """Describe a signal with `numbers` arguments (plan/audio_signals.py). Its `call` takes the Signal and the frames first."""
    return Function(_call_signal, numbers, numbers, usage, summary)


def _call_signal(signal: Signal, frames: Values, *numbers: Numbers) -> Numbers:
    return signal(frames, *map(float, numbers))


SIGNALS = MappingProxyType(
    {
        "beat": _signal(0, "beat", "1 on the frame of a beat, then down to 0 until the next, fast at first"),
        "beat_phase": _signal(0, "beat_phase", "0 on the frame of a beat, then evenly up to 1 at the next"),
        "bpm": _signal(0, "bpm", "beats a minute: the setting `bpm`, or what is heard"),
        "onset": _signal(0, "onset", "0..1, how hard something begins to sound in this frame"),
        "rms": _signal(0, "rms", "0..1, how loud the sound is"),
        "band": _signal(2, "band(low, high)", "0..1, how loud it is between two frequencies, in Hz: `band(20, 120)`"),
    }
)


def names_signal(formula: str) -> bool:
    """Return whether a formula, or the text of a schedule, names a signal."""
    return not SIGNALS.keys().isdisjoint(re.findall(r"[a-z_]\w*", formula))
