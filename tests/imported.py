"""What `run.py serve` imports: importing this module imports all of it."""

import sys

import api.commands.serving  # noqa: F401 - for the forks
from api.app import resource_modules

resource_modules()
# Its library reads the folder of the workers' counters when it is imported, so each server imports it.
assert "prometheus_client" not in sys.modules
