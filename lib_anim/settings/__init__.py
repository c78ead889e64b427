"""Settings files: the table of all keys, reading, writing."""
