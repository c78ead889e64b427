"""Values of options, read from their texts. Each raises ArgumentTypeError."""

from __future__ import annotations

import argparse
import json

from lib_anim.files import MOST_FRAMES


def parse_change(text: str) -> tuple[str, object]:
    """Parse KEY=VALUE; the value is JSON, or else a text."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key, json.loads(value)
    except (ValueError, RecursionError):
        return key, value


def parse_tolerance(text: str) -> float:
    """Parse how far a camera may be off."""
    return parse_number(text, 0.0, 1.0)


def parse_scale(text: str) -> float:
    """Parse how many scene units one of a file is."""
    return parse_number(text, 1e-9, 1e9)


def parse_number(text: str, low: float, high: float) -> float:
    """Parse a number from `low` to `high`."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {low:g} to {high:g}")
    return number


def parse_size(text: str) -> tuple[int, int]:
    """Parse WxH, multiples of 8."""
    width, _, height = text.lower().partition("x")
    sides = [int(side) if side.isdecimal() else 0 for side in (width, height)]
    if not all(8 <= side <= 4096 and side % 8 == 0 for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH with sides from 8 to 4096 in steps of 8")
    return sides[0], sides[1]


def parse_count(text: str) -> int:
    """Parse a number of frames."""
    if not (text.isdecimal() and 1 <= int(text) <= MOST_FRAMES):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST_FRAMES}")
    return int(text)


def parse_rate(text: str) -> float:
    """Parse frames a second."""
    return parse_number(text, 1.0, 240.0)


def parse_times(text: str) -> float:
    """Parse how many times as many frames there shall be."""
    return parse_number(text, 2.0, 300.0)


def parse_slowness(text: str) -> float:
    """Parse how many times slower a film shall be."""
    return parse_number(text, 1.0, 100.0)


def parse_part(text: str) -> tuple[int, int]:
    """Parse A:B, or one frame."""
    first, colon, stop = text.partition(":")
    try:
        return int(first or 0), int(stop) if colon else int(first) + 1
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not A:B") from None
