"""Engines that paint with a WebUI: the one around us, or one elsewhere over HTTP."""
