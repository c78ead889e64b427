"""The page: what a browser sees, and the routes that serve it."""
