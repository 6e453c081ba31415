"""Find the firms that pay tax but insure nobody, and say whom to visit first."""

__version__ = "0.1.0"
