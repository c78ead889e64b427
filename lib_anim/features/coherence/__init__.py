"""Features that keep light, colours and detail steady from frame to frame."""
