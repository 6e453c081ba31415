"""Names of the files by which a folder is known as a workspace."""

DATABASE_NAME = "gapmatch.db"
SETTINGS_NAME = "gapmatch.toml"
