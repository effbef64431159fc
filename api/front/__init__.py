"""The front: serves a WSGI application over ASGI, and runs the server for both."""

from api.front.fault_plans import FaultPlans
from api.front.front import Front
from api.front.hooks import Hooks
from api.front.server import serve
from api.front.settings import FrontSettings

__all__ = ["FaultPlans", "Front", "FrontSettings", "Hooks", "serve"]
