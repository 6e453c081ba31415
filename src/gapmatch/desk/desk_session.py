"""What a desk knows of itself: workspace, port, secrets of the browser that opened it."""

import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from gapmatch.loopback import HOST

SECRET_BYTES = 32


def make_secret() -> str:
    """Return an unguessable text that may stand in an address."""
    return secrets.token_urlsafe(SECRET_BYTES)


@dataclass(frozen=True)
class DeskSession:
    """One start of the desk; its secrets end with it."""

    workspace: Path
    port: int
    token: str = field(default_factory=make_secret, repr=False)
    """Stands in the address that is opened; whoever knows it may sign in."""
    cookie: str = field(default_factory=make_secret, repr=False)
    """What a signed-in browser sends; page scripts cannot read it."""
    csrf: str = field(default_factory=make_secret, repr=False)
    """What each form of the desk holds; a page elsewhere cannot know it."""

    @property
    def origin(self) -> str:
        """The address without a path: ``http://127.0.0.1:8520``."""
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The address that signs a browser in."""
        return f"{self.origin}/?token={self.token}"

    @property
    def cookie_name(self) -> str:
        """Browsers send cookies whatever the port: two desks need two names."""
        return f"gapmatch-desk-{self.port}"


def is_secret(given: str, secret: str) -> bool:
    """Compare in a time that does not depend on where the texts differ."""
    return hmac.compare_digest(given.encode(), secret.encode())
