"""Videos, sound, metadata and downloads: files other than settings."""
