"""A quarter from files to files, and what keeps a workspace in order."""
