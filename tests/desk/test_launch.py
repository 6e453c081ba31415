"""Starting the desk."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from gapmatch.desk import launch
from gapmatch.errors import GapmatchError


def test_no_page_is_announced_where_its_server_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "find_spec", lambda _name: None)
    announced = []
    with pytest.raises(GapmatchError, match=r"gapmatch\[desk\]"):
        launch.serve_desk(tmp_path, 8521, announced.append)
    assert announced == []


STALLING = """
import asyncio, signal
from gapmatch.loopback import open_socket, serve_app

async def app(scope, receive, send):
    if scope["type"] == "http":
        print("asked", flush=True)
        await asyncio.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever ran the tests may ignore it
listening = open_socket(0)
print(listening.getsockname()[1], flush=True)
try:
    serve_app(app, listening)
except KeyboardInterrupt:
    print("closed", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends the signal of Ctrl+C to one process")
@pytest.mark.parametrize("times", [1, 2])
def test_a_request_that_stalls_does_not_hold_a_closed_server(times):
    server = subprocess.Popen(
        [sys.executable, "-c", STALLING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    port = int(server.stdout.readline())
    with socket.create_connection(("127.0.0.1", port)) as asking:
        asking.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert server.stdout.readline() == "asked\n"
        for _time in range(times):
            server.send_signal(signal.SIGINT)
            time.sleep(0.2)
        said, complained = server.communicate(timeout=60)
    assert said == "closed\n"
    assert complained == ""
