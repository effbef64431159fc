"""Newman, which runs Postman collections from the command line."""

import subprocess
from pathlib import Path

import httpx

from tests.judges import judge


def newman(
    url: str, folder: Path, collection: Path | None = None, *, iterations: int = 1, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the server's collection, or another one, in its environment; newman.json has the full report."""
    environment = folder / "environment.json"
    environment.write_bytes(httpx.get(f"{url}/postman/environment.json", trust_env=False).content)
    if collection is None:
        collection = folder / "collection.json"
        collection.write_bytes(httpx.get(f"{url}/postman/collection.json", trust_env=False).content)
    given = [text for name, value in variables.items() for text in ("--env-var", f"{name}={value}")]
    reports = ("--reporters", "cli,json", "--reporter-json-export", str(folder / "newman.json"))
    quiet = ("--reporter-cli-no-success-assertions", "--color", "off", "--timeout-request", "20000")
    files = (str(collection), "-e", str(environment), "-n", str(iterations))
    return judge("newman", "run", *files, *given, *reports, *quiet)
