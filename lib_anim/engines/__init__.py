"""Painters, all behind the one protocol of `base.py`."""
