"""Shots: a plan with the steps of its features, and the reel that films it."""
