"""Features that go by what a person brings along: videos."""
