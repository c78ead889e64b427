"""Engines: whatever paints. All implement the protocol of `base.py`."""
