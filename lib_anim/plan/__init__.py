"""The plan: every number and every prompt of every frame, known before the first pixel."""
