"""Results that a run publishes: its frames, CSV tables and summary figures."""
