"""Entry points: the extension of a WebUI, and the standalone page."""
