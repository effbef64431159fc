"""Touchstone for test suites: start a server, and give each test a space of its own.

    from touchstone_server import start

    with start() as server, server.space() as space:
        print(space.url, space.get("/articles"))

`start_httpbin` starts httpbin's endpoints alone. For pytest there are fixtures (`touchstone_server.pytest_plugin`).
Only the standard library is imported, and none of the server's modules.
"""

from touchstone_server.http import Answer, TouchstoneError
from touchstone_server.httpbin import Httpbin, start_httpbin
from touchstone_server.server import Server, connect, start
from touchstone_server.spaces import Fault, Space

__all__ = ["Answer", "Fault", "Httpbin", "Server", "Space", "TouchstoneError", "connect", "start", "start_httpbin"]
