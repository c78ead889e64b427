"""The example film, which the page plays as long as there are no other films."""

from __future__ import annotations

from pathlib import Path

FILM = Path(__file__).parent / "data" / "example.mp4"  # made by tools/example.py
