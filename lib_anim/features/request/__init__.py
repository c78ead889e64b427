"""Features that say what is asked of the engine."""
