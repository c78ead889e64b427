"""The engine that paints with diffusers, and all that is needed to mean what a WebUI means."""
