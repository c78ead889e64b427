"""The page in the browser, and the routes that serve it."""
