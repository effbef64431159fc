"""The own data of spaces: that of the server's file, or collections that a request brings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from api.rules.json_schema import read_schemas
from api.rules.own_data import Filled, collected
from api.rules.own_options import DataFault, Options
from api.store.own_file import OwnFile, digest


@dataclass(frozen=True, slots=True)
class Data:
    """Collections for a template: `digest` names their content, `filled` reads them."""

    digest: str
    filled: Callable[[], list[Filled]]


class SpaceData:
    """Where new spaces get collections from. `reserved` are the names that no collection may have."""

    def __init__(self, file: OwnFile | None, options: Options, reserved: Collection[str]) -> None:
        # An own object: it has to notice changes for itself.
        self._file = OwnFile(file.files, options, reserved) if file else None
        self._options = options
        self._reserved = reserved
        self._lock = threading.Lock()
        self._digest = ""

    def of_server(self) -> Data | None:
        """The data of the server's file as it is now, or as it was before it got a fault; None without a file."""
        file = self._file
        if file is None:
            return None
        with self._lock:
            signs = file.signs()
            if signs != file.seen:
                with suppress(DataFault):
                    self._digest = file.read()[1]
                file.seen = signs
        return Data(self._digest, lambda: file.read()[0])

    def sent(self, content: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> Data:
        """The data that a request brings, and its schemas. Raises DataFault, SchemaFault."""
        given = read_schemas(schemas) if schemas is not None else {}
        filled = collected(content, id_member=self._options.id_member, reserved=self._reserved, schemas=given)
        return Data(digest(orjson.dumps([content, schemas]), self._options), lambda: filled)
