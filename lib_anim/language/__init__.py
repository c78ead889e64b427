"""From text to numbers: formulas, schedules, prompts, mask expressions."""
