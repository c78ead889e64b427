"""The diffusers engine. Settings and prompts have the same meaning as in a WebUI."""
