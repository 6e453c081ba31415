"""The Vega runtime that draws the report's charts: taken from vl-convert and cached.

vl-convert (BSD-3-Clause) carries Vega, Vega-Lite and vega-embed inside its wheel, so nothing is
fetched. Putting them together takes more than a second, so the result is stored in the user's
cache, one file per version.
"""

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path


def load_vega_runtime() -> str | None:
    """Return the script that defines ``vegaEmbed``.

    None if the extra ``charts`` is not installed.
    """
    try:
        import vl_convert  # noqa: PLC0415
    except ImportError:
        return None
    cached = _find_cache() / f"vega-{version('vl-convert-python')}.js"
    with suppress(OSError, UnicodeDecodeError):
        text = cached.read_text(encoding="utf-8")
        if text.endswith(_END):
            return text
    text = str(vl_convert.javascript_bundle(_SNIPPET)) + _END
    with suppress(OSError):
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_text(text, encoding="utf-8", newline="\n")
    return text


_SNIPPET = "window.vegaEmbed = vegaEmbed;"
"""What the bundle leaves for the page to call; vl-convert provides the name."""

_END = "\n// end of the Vega runtime\n"
"""A file that was cut off while it was written does not end like this."""


def _find_cache() -> Path:
    return Path.home() / ".cache" / "gapmatch"
