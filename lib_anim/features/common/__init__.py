"""What several features have in common; nothing here is a feature."""
