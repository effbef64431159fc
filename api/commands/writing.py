"""Documents as commands give them: on standard output, or into a file."""

import sys
from pathlib import Path
from typing import Any

import orjson

from api.commands.sentences import Refusal


def as_json(document: Any) -> bytes:
    """The document in JSON that a person can read, and a diff can show."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_out(content: bytes, output: Path | None) -> None:
    """Write the content into a file, or to standard output where none is given. Raises Refusal where it cannot."""
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise Refusal(f"{output} cannot be written ({error.strerror}): check that its folder is there.") from None
