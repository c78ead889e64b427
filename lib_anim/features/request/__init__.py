"""Features that fill in the request to the engine."""
