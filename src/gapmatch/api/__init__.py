"""The public library: every command is one call here."""
