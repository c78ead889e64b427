"""Features between the painted pictures and the finished film."""
