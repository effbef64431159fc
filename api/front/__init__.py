"""The front: serves a WSGI application over ASGI, and runs the server for both."""

from api.front.front import Front
from api.front.server import serve
from api.front.settings import FrontSettings

__all__ = ["Front", "FrontSettings", "serve"]
