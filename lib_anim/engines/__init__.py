"""Engines: whatever paints. All of them stand behind the one protocol of `base.py`."""
