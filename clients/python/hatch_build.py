"""Takes the version and the dependencies of the wheel from the server."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

SERVER = Path(__file__).parents[2]
PINNED = re.compile(r"([A-Za-z0-9._-]+)(\[[^\]]+\])?==([0-9.]+)")

# Only the fixtures over HTTPS need it: with its dependency, cryptography, it takes 15 MB.
TRUSTME = "trustme>=1.2.1,<2"


class FromServer(MetadataHookInterface):
    """The metadata that pyproject.toml calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the version, the dependencies, those that only PostgreSQL needs (13 MB), and that of HTTPS."""
        found = re.search(r'^__version__ = "([^"]+)"', (SERVER / "run.py").read_text(), re.MULTILINE)
        if found is None:
            raise ValueError("run.py has no __version__.")
        metadata["version"] = found[1]
        pins = (PINNED.fullmatch(line) for line in (SERVER / "requirements.txt").read_text().splitlines())
        needed = {pin[1]: compatible(*pin.groups("")) for pin in pins if pin}
        metadata["optional-dependencies"] = {"postgresql": [needed.pop("psycopg")], "https": [TRUSTME]}
        metadata["dependencies"] = [*needed.values()]


def compatible(name: str, extras: str, version: str) -> str:
    """The versions up to the next one that may break: a suite has other packages too, so an exact pin would clash."""
    major, minor, *_ = [int(part) for part in version.split(".")]
    following = f"{major + 1}" if major else f"0.{minor + 1}"
    return f"{name}{extras}>={version},<{following}"
