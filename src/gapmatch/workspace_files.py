"""Names of the files of a workspace that several rooms use."""

DATABASE_NAME = "gapmatch.db"
SETTINGS_NAME = "gapmatch.toml"
LOG_NAME = "gapmatch-error.log"
PARQUET_FOLDER = "parquet"
CHECKPOINTS_FOLDER = ".gapmatch-run"
UPLOADS_FOLDER = "desk-files"
"""Files that were given to the desk."""
