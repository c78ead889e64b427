"""Runs: filming to disk, going on, looking at what came of it."""
