"""Parsers and evaluators that turn text into numbers: formulas, schedules, prompts, mask expressions."""
