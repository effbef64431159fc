"""A space: an isolated store for one test, with faults on demand and a journal of its requests."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from touchstone_server.http import Answer, Http, TouchstoneError, reason

# What the short form of each effect stands for.
SHORT: dict[str, str] = {
    "delay": "ms",
    "status": "code",
    "cut": "at",
    "hang": "at",
    "slow": "bytes_per_second",
    "corrupt": "what",
}


class Space:
    """A space of a server: `url` is the base URL of its API, and `token` that of its administrator."""

    def __init__(self, http: Http, shown: Mapping[str, Any]) -> None:
        self._http = http
        self.shown = dict(shown)
        self.id: str = shown["id"]
        self.token: str = shown["token"]
        self.path: str = shown["url"]
        self.url = http.url + self.path
        self.place = f"/spaces/{self.id}"

    def __repr__(self) -> str:
        return f"<Space {self.url}>"

    def request(self, method: str, path: str, *, json: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request to the API of the space as its administrator, once, and return its answer.

        Raises OSError or http.client.HTTPException if there is no answer.
        """
        fields = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self._http.ask(method, self.path + path, json_body=json, headers=fields)

    def get(self, path: str) -> Any:
        """The JSON at this path, as its administrator sees it. Raises TouchstoneError for a refusal."""
        answer = self.request("GET", path)
        if answer.status >= 400:
            raise TouchstoneError(f"GET {path}: {answer.status}, {reason(answer)}")
        return answer.json()

    def seed(self, rows: Mapping[str, Any]) -> dict[str, int]:
        """Load rows by table, all or none. Returns how many came into each. Raises TouchstoneError."""
        return dict(self.control("POST", "/seed", dict(rows)).json())

    def dump(self) -> Any:
        """The rows by table, as `seed` takes them."""
        return self.control("GET", "/dump").json()

    def reset(self, to: str | None = None, *, faults: bool = True, journal: bool = True) -> None:
        """Bring the data back to the start, or to a snapshot, and by default clear fault rules and journal too."""
        self.control("POST", "/reset", {**({"to": to} if to else {}), "faults": faults, "journal": journal})

    def snapshot(self, name: str) -> None:
        """Keep the present state under this name."""
        self.control("PUT", f"/snapshots/{name}")

    def restore(self, name: str) -> None:
        """Bring the data back to a snapshot. Fault rules and journal stay."""
        self.reset(name, faults=False, journal=False)

    def delete(self) -> None:
        """Delete the space."""
        self.control("DELETE", "")

    def fault(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        match: Mapping[str, Any] | None = None,
        times: Mapping[str, Any] | None = None,
        count: int | None = None,
        do: list[Mapping[str, Any]] | None = None,
        **effects: Any,
    ) -> "Fault":
        """Order a fault for the requests of this method and path, for use with `with`.

        Effects are named by keyword (`cut="after"`, `delay=300`, `status=503`, `limit={"requests": 1, "seconds": 5}`),
        or are given in `do`. `match` and `times` have the other members of a rule. At the end the rule is deleted, and
        it is an AssertionError if it never acted.
        """
        what: dict[str, Any] = dict(match or {})
        if method:
            what["methods"] = [method]
        if path:
            what["path"] = path
        when = {**(times or {}), **({"count": count} if count is not None else {})}
        return Fault(self, {"match": what, "times": when, "do": [*(do or ()), *map(effect, effects.items())]})

    def journal(self, **query: Any) -> list[dict[str, Any]]:
        """The entries of the journal that a query finds, oldest first, at most 100."""
        return list(self._journal({"limit": 100, **query})["items"])

    def received(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        count: int | None = None,
        wait: float = 0,
        **query: Any,
    ) -> list[dict[str, Any]]:
        """The entries of the journal for these requests: exactly `count`, or at least one.

        It waits up to `wait` seconds for them. If they do not come, it raises AssertionError with the last entries.
        """
        asked = {**({"method": method} if method else {}), **({"path": path} if path else {}), **query}
        waiting = {"wait": wait, "count": count or 1} if wait else {}
        found = self.journal(**asked, **waiting)
        if len(found) == count or (count is None and found):
            return found
        wanted = " ".join(str(each) for each in asked.values()) or "requests"
        expected = f"{count} of" if count is not None else "at least 1 of"
        lines = [line(entry) for entry in self.last_entries()]
        told = "\n".join(lines) or "nothing"
        raise AssertionError(f"Expected {expected} {wanted}, but {len(found)} came. The space received:\n{told}")

    def last_entries(self, most: int = 20) -> list[dict[str, Any]]:
        """The newest entries of the journal, oldest first."""
        first = self._journal({"limit": 1, "count": "true"})
        if not first["items"]:
            return []
        # Numbers have no gaps, and begin later once the oldest entries are gone.
        since = first["items"][0]["n"] - 1 + first["total"] - most
        return self.journal(limit=most, since=max(0, since))

    def _journal(self, query: Mapping[str, Any]) -> Any:
        words = urlencode({name.rstrip("_"): value for name, value in query.items()})
        return self.control("GET", f"/journal{f'?{words}' if words else ''}").json()

    def control(self, method: str, path: str, json_body: Any = None) -> Answer:
        """Send a request to `/spaces/<id>` and below, where the space is controlled. Raises TouchstoneError."""
        return self._http.control(method, self.place + path, json_body, self.token)


class Fault:
    """A fault rule in force: `seen` counts the requests that reached it, `done` those on which it acted."""

    def __init__(self, space: Space, rule: Mapping[str, Any]) -> None:
        self.space = space
        self.rule = dict(rule)
        self.place = ""
        self._last: dict[str, Any] = {"seen": 0, "done": 0}

    @property
    def seen(self) -> int:
        """The requests that reached the rule so far."""
        return int(self._counts()["seen"])

    @property
    def done(self) -> int:
        """The requests on which it acted so far."""
        return int(self._counts()["done"])

    def __enter__(self) -> "Fault":
        answer = self.space.control("POST", "/faults", self.rule)  # one module
        self.place = f"/faults/{answer.json()['n']}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        last = self._counts()
        self.space.control("DELETE", self.place)
        self._last, self.place = last, ""
        if kind is None and not last["done"]:
            raise AssertionError(f"The fault {self.rule} never acted: {last['seen']} requests reached it.")

    def _counts(self) -> dict[str, Any]:
        if self.place:
            self._last = self.space.control("GET", self.place).json()
        return self._last


def effect(named: tuple[str, Any]) -> dict[str, Any]:
    """An effect as a rule has it, of its short form or whole."""
    name, value = named
    if isinstance(value, Mapping):
        return {name: dict(value)}
    if name == "twice":
        return {name: {}}
    if name not in SHORT:
        raise TypeError(f"There is no short form of {name}: give its members, {name}={{…}}.")
    return {name: {SHORT[name]: value}}


def line(entry: Mapping[str, Any]) -> str:
    """An entry of the journal in one line: the request, its status, its fault and its problem."""
    status = (entry.get("answer") or {}).get("status") or "no answer"
    told = [f"{entry['n']:>4} {entry['method']} {entry['target']} → {status}"]
    told += [f"fault {entry['fault']}"] if entry.get("fault") else []
    told += [str(entry["problem"])] if entry.get("problem") else []
    return ", ".join(told)
