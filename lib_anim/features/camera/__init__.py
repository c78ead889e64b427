"""Features that move the picture."""
