"""The same rows for all servers: Touchstone's file, which the ORMs share, and json-server's."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import ROOT

# Each word and each title occurs once in this many rows, so 1,000 rows have 20 of each: one page.
WORDS = 50


def article(number: int) -> dict[str, object]:
    """The article with this number, for loading."""
    word = f"word{number % WORDS}"
    return {
        "id": number,
        "title": f"About {word}",
        "body": f"Text number {number} about {word}. " + "And more to read. " * 10,
        "tags": ["load", "bench"],
        "status": "published",
    }


def written(folder: Path, rows: int) -> Path:
    """Write so many articles, as lines of JSON for `run.py load`."""
    file = folder / f"{rows}.ndjson"
    with file.open("w") as lines:
        lines.writelines(json.dumps(article(number)) + "\n" for number in range(1, rows + 1))
    return file


def loading(file: Path, database: Path) -> list[str]:
    """The command that loads a file into a new database."""
    return [sys.executable, "run.py", "load", str(file), "--database", f"sqlite:///{database}"]


def prepared(folder: Path, rows: int, *, as_json: bool) -> Path:
    """Create the data of so many rows, and return its path without the suffix."""
    data = folder / str(rows)
    file = written(folder, rows)
    subprocess.run(loading(file, data.with_suffix(".db")), cwd=ROOT, check=True, capture_output=True)
    if as_json:
        # json-server lists in the order of its file: newest first, like the others.
        articles = [article(number) for number in range(rows, 0, -1)]
        data.with_suffix(".json").write_text(json.dumps({"articles": articles}))
    return data
