"""Write all files of a quarter and swap them into place."""
