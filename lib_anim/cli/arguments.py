"""Readers of the command line's arguments: numbers and sizes."""

from __future__ import annotations

import argparse

from lib_anim.files import MOST_FRAMES


def parse_tolerance(text: str) -> float:
    """Read a tolerance, 0 .. 1. Raises ArgumentTypeError."""
    return _parse_number(text, 0.0, 1.0)


def parse_scale(text: str) -> float:
    """Read a scale above 0. Raises ArgumentTypeError."""
    return _parse_number(text, 1e-9, 1e9)


def _parse_number(text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {low:g} to {high:g}")
    return number


def parse_size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT in pixels. Raises ArgumentTypeError."""
    width, _, height = text.lower().partition("x")
    sides = [int(side) if side.isdecimal() else 0 for side in (width, height)]
    if not all(8 <= side <= 4096 and side % 8 == 0 for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH with sides from 8 to 4096 in steps of 8")
    return sides[0], sides[1]


def parse_count(text: str) -> int:
    """Read a number of frames. Raises ArgumentTypeError."""
    if not (text.isdecimal() and 1 <= int(text) <= MOST_FRAMES):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST_FRAMES}")
    return int(text)


def parse_rate(text: str) -> float:
    """Read frames a second. Raises ArgumentTypeError."""
    return _parse_number(text, 1.0, 240.0)


def parse_times(text: str) -> float:
    """Read how many times as many frames there shall be. Raises ArgumentTypeError."""
    return _parse_number(text, 2.0, 300.0)


def parse_slowness(text: str) -> float:
    """Read how many times slower a film shall be. Raises ArgumentTypeError."""
    return _parse_number(text, 1.0, 100.0)
