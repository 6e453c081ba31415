"""Exploring a workspace in the browser."""
