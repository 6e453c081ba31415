"""``python -m gapmatch`` is the command ``gapmatch``."""

import sys

from gapmatch.cli import main

if __name__ == "__main__":
    sys.exit(main())
