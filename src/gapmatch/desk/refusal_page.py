"""The page for whoever is not let in: it shows nothing of the workspace."""

from html import escape

from gapmatch.i18n import _, get_language

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/desk.css"></head>
<body><main class="narrow"><h1>{title}</h1><p class="note bad">{message}</p><p>{remedy}</p></main>
</body></html>
"""


def build_refusal_page(message: str, remedy: str) -> bytes:
    """Return a page that says why a request was refused and what to do."""
    return _PAGE.format(
        language="en" if get_language() == "en" else "zh-CN",
        title=escape(_("没有打开")),
        message=escape(message),
        remedy=escape(remedy),
    ).encode()
