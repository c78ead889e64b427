"""For people: the tab, inside a WebUI and as a page of its own."""
