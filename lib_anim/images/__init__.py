"""Pixels: geometry, colour, noise, flow. Only this room, `media` and `models` use OpenCV."""
