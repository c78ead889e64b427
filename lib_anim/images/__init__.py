"""Pixels: geometry, colour, noise, flow. With `media` and `models` the only rooms that know OpenCV."""
