"""The desk: a quarter done on a local page in the browser; every step is a call of ``api``."""
