"""Features that keep brightness, colours and detail constant from frame to frame."""
