"""The front: ASGI in, a WSGI application behind it, and the server that runs both."""

from api.front.front import Front
from api.front.server import serve
from api.front.settings import FrontSettings

__all__ = ["Front", "FrontSettings", "serve"]
