"""Whom to visit first, why, and with what to offer."""
