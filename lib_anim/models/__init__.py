"""Networks that analyse pictures."""
