"""Features that can paint a picture more than once before it counts."""
