"""Documents that commands write to standard output or a file."""

import sys
from pathlib import Path
from typing import Any

from api.commands.sentences import Refusal


def as_json(document: Any) -> bytes:
    """The document in indented JSON."""
    import orjson

    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_out(content: bytes, output: Path | None) -> None:
    """Write the content to a file, by default standard output. Raises Refusal if that fails."""
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise Refusal(f"{output} cannot be written ({error.strerror}): check that its folder exists.") from None
