"""The SQLite database of a workspace: schema, runs, frames, lock, backups."""
