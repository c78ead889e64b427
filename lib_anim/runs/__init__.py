"""Runs: filming to disk, resuming, and reports on finished runs."""
