"""WSGI middleware for `/in/<space>/…`: the same API over the store of the space."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from api.rules import environ_keys
from api.rules.spaces import DATA, in_space, is_space_id
from api.store.space_files import OpenStore
from api.store.spaces import Spaces


class SpacePaths:
    """Moves `/in/<space>` from the path to the mount path, and gives the request the store of the space.

    Links, cookies and problem types then start with the prefix, as for any mount. A space that does not exist leaves a
    mark in the environment, which the application answers with 404.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], spaces: Spaces) -> None:
        self.app = app
        self.spaces = spaces

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Return the answer of the application."""
        if not self.spaces.started:
            self.spaces.start()  # here, since no thread may exist before the workers are forked
        path: str = environ.get("PATH_INFO", "")
        asked = in_space(path) if path.startswith(DATA) else None
        if asked is None:
            return self.app(environ, start_response)
        place = self.spaces.find(asked.id) if is_space_id(asked.id) else None
        if place is None:
            environ[environ_keys.NO_SPACE] = asked.id
            return self.app(environ, start_response)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}{DATA}/{place.id}"
        environ["PATH_INFO"] = asked.path
        environ[environ_keys.SPACE] = place
        environ[environ_keys.SPACE_ID] = place.id
        store = self.spaces.lease(place)
        environ[environ_keys.STORE] = store.database
        answer = _Leased(self.spaces, store)
        try:
            answer.pieces = self.app(environ, start_response)
        except BaseException:
            answer.close()
            raise
        return answer


class _Leased:
    """The body of an answer; at its end the store is given back."""

    __slots__ = ("_spaces", "_store", "pieces")

    def __init__(self, spaces: Spaces, store: OpenStore) -> None:
        self.pieces: Iterable[bytes] = ()
        self._spaces = spaces
        self._store = store

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        try:
            if close := getattr(self.pieces, "close", None):
                close()
        finally:
            self._spaces.open_stores.release(self._store)
