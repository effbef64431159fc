"""WSGI: which application serves a request, since spaces and files may have other collections."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from api.rules import environ_keys
from api.rules.own_data import Collection
from api.rules.own_options import DataFault
from api.rules.problems import Unavailable
from api.store.database import Database, LostRace
from api.store.documents import read_collections
from api.store.own_file import OwnFile

Wsgi = Callable[..., Iterable[bytes]]
# Applications that are kept, of half a megabyte each. Another one takes 50 ms to make.
MOST_KEPT = 64

log = logging.getLogger("touchstone.data")


class Applications:
    """Passes a request to the application with the collections of its space, or of the file of the server.

    `main` serves requests outside such spaces, with these `collections` (None: the example resources). `make` makes an
    application for collections. With `file` and `watch`, a request after a change of the file is answered from its new
    content; a file with a fault changes nothing.
    """

    def __init__(
        self,
        main: Wsgi,
        collections: Sequence[Collection] | None,
        make: Callable[[Sequence[Collection]], Wsgi],
        database: Database,
        *,
        file: OwnFile | None = None,
        watch: bool = False,
    ) -> None:
        self._main = main
        self._collections = collections
        self._make = make
        self._database = database
        self.file = file
        self._watch = watch
        self._kept: OrderedDict[str, Wsgi] = OrderedDict()
        self._keeping = threading.Lock()
        self._loading = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Return the answer of the application."""
        place = environ.get(environ_keys.SPACE)
        if place is not None and place.structure:
            return self._of_space(place.structure, environ[environ_keys.STORE])(environ, start_response)
        # Other WSGI servers start without loading.
        if self.file and (self._watch or not self.file.seen) and self.file.changed():
            self._load_again(self.file)
        return self._main(environ, start_response)

    def _of_space(self, structure: str, store: Database) -> Wsgi:
        with self._keeping:
            found = self._kept.get(structure)
            if found is None:
                with store.reading() as db:
                    found = self._kept[structure] = self._make(read_collections(db))
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(structure)
        return found

    def load(self) -> None:
        """Load the file, if there is one, and serve its content. Raises DataFault, Unavailable, LostRace."""
        if self.file is None:
            return
        collections, signs = self.file.load(self._database)
        if collections != self._collections:
            self._main, self._collections = self._make(collections), collections
        self.file.seen = signs

    def _load_again(self, file: OwnFile) -> None:
        """Load the file that has changed. Requests wait for it, so that none gets a mixture."""
        with self._loading:
            signs = file.signs()
            if signs == file.seen:
                return  # another thread has done it
            try:
                self.load()
            except DataFault as fault:
                log.warning("The data stays as it is. %s", fault)
                file.seen = signs
            except (Unavailable, LostRace):
                log.warning("The data stays as it is: the database is busy. The next request tries again.")
