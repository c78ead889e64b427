"""Functions that several features share; none of these modules is a feature."""
