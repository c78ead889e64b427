"""What starts everything: the WebUI around us, the standalone page."""
