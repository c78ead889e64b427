"""Videos, sound, metadata and downloads: files that are not settings."""
