"""What is filmed, and the reel that films it."""
