"""A desk on the sample's two quarters, asked as its own pages ask it."""

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("datasette", reason="the extra `desk` is not installed")

import httpx

from gapmatch.desk.desk_session import DeskSession
from gapmatch.desk.server import DeskServer

PORT = 8520


@dataclass
class DeskClient:
    """A signed-in browser without a window."""

    session: DeskSession
    app: object = field(init=False)

    def __post_init__(self) -> None:
        self.app = DeskServer(self.session).app()

    @property
    def workspace(self) -> Path:
        return self.session.workspace

    def get(self, path, **given):
        return self.send("GET", path, **given)

    def post(self, path, data=None, **given):
        headers = {"x-csrftoken": self.session.csrf, **given.pop("headers", {})}
        return self.send("POST", path, data=data or {}, headers=headers, **given)

    def send(self, method, path, *, headers=None, signed_in=True, **given):
        """Send one request; headers of ``None`` are left out."""
        own = {"origin": self.session.origin} if method == "POST" else {}
        cookie = f"{self.session.cookie_name}={self.session.cookie}"
        own |= {"cookie": cookie} if signed_in else {}
        own |= headers or {}
        sent = {name: value for name, value in own.items() if value is not None}

        async def ask():
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport) as client:
                url = self.session.origin + path
                return await client.request(method, url, headers=sent, **given)

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def desk(sample, tmp_path_factory) -> DeskClient:
    """A desk on a copy of the sample, which the tests of a module may change."""
    folder = tmp_path_factory.mktemp("desk") / "sample"
    shutil.copytree(sample.path, folder)
    return DeskClient(DeskSession(folder, PORT))


@pytest.fixture(scope="module")
def new_desk(tmp_path_factory) -> DeskClient:
    """A desk on a folder without anything."""
    return DeskClient(DeskSession(tmp_path_factory.mktemp("new"), PORT))


@pytest.fixture
def empty_desk(tmp_path) -> DeskClient:
    """A desk on a folder that no other test uses."""
    return DeskClient(DeskSession(tmp_path, PORT))


@pytest.fixture(scope="module")
def reviewed(desk) -> DeskClient:
    """The same desk, where the best candidate of every seventh firm has come up for review."""
    from gapmatch.desk.stored_quarter import load_quarter

    results = load_quarter(desk.workspace).results
    close = pl.col("unit").is_not_null() & (pl.col("weight") > -12) & (pl.col("firm") % 7 == 0)
    decision = pl.when(close).then(pl.lit("review")).otherwise("decision").alias("decision")
    object.__setattr__(results, "links", results.links.with_columns(decision))
    return desk
