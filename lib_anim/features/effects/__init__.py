"""Features that change how pictures look."""
