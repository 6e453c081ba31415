"""Opening a page that this computer serves, for ``desk`` and ``explore``."""

import webbrowser
from collections.abc import Callable
from threading import Thread

import typer

from gapmatch.i18n import _


def announce_page(with_browser: bool) -> Callable[[str], None]:  # noqa: FBT001 - an option's value
    """Return what is called with the address, once connections are accepted.

    A browser that is started by hand may not return until it is closed: it gets a thread.
    """

    def announce(address: str) -> None:
        typer.echo(_("在浏览器中打开 {address}；按 Ctrl+C 结束。").format(address=address))
        if with_browser:
            Thread(target=webbrowser.open, args=[address], daemon=True).start()

    return announce
