"""Run a quarter from files to files, and maintain its workspace."""
