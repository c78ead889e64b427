"""Features that paint a picture more than once before it counts."""
