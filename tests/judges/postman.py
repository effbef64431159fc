"""Newman, which runs Postman collections from the command line."""

import subprocess
from pathlib import Path

import httpx

from tests.judges import judge


def newman(
    url: str, folder: Path, collection: str | Path = "collection", *, iterations: int = 1, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a collection in the server's environment; newman.json has the full report.

    `collection` is the name of one of the server's, or a file.
    """
    environment = folder / "environment.json"
    environment.write_bytes(httpx.get(f"{url}/postman/environment.json", trust_env=False).content)
    if isinstance(collection, str):
        file = folder / f"{collection}.json"
        file.write_bytes(httpx.get(f"{url}/postman/{collection}.json", trust_env=False).content)
    else:
        file = collection
    given = [text for name, value in variables.items() for text in ("--env-var", f"{name}={value}")]
    reports = ("--reporters", "cli,json", "--reporter-json-export", str(folder / "newman.json"))
    quiet = ("--reporter-cli-no-success-assertions", "--color", "off", "--timeout-request", "20000")
    files = (str(file), "-e", str(environment), "-n", str(iterations))
    return judge("newman", "run", *files, *given, *reports, *quiet)
