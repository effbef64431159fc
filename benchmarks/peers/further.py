"""Further jobs: the toolbox, spaces with their journal and faults, own data, and writing with two workers."""

from dataclasses import replace

from httpx import Response

from benchmarks.peers.data import article
from benchmarks.peers.jobs import JSON, SENT, Ask, Job, alike, as_sent, first, page_from, reads, writes
from benchmarks.peers.servers import SERVERS

JSON_SERVERS = ("json-server-0", "json-server-1")
# The end of the names of jobs that are done with two workers too.
TWO = ", two workers"
WITH_TWO = ("create", "create with Idempotency-Key", "update (Touchstone by If-Match)")


def all_jobs(many: int) -> list[Job]:
    """All jobs in their order; `many` is the number of rows in large jobs."""
    changing = writes(many)
    twice = {job.name: with_two_workers(job) for job in changing if job.name in WITH_TWO}
    again = [each for job in changing for each in (job, *filter(None, [twice.get(job.name)]))]
    return [*reads(many), toolbox(), *spaces(), *own_data(), *again]


def with_two_workers(job: Job) -> Job:
    """The same job with two workers, of the servers that have workers."""
    asks = {name: ask for name, ask in job.asks.items() if SERVERS[name].has_workers}
    return replace(job, name=job.name + TWO, asks=asks, workers=2)


def toolbox() -> Job:
    """The request as the server received it, in JSON."""
    asks = {"touchstone": Ask("/httpbin/get?a=1"), "httpbin": Ask("/get?a=1")}
    return Job("request shown by /get", asks, shown)


def shown(answer: Response) -> bool:
    """The check for the request that the server received."""
    return answer.status_code == 200 and answer.json()["args"] == {"a": "1"} and "Host" in answer.json()["headers"]


def spaces() -> list[Job]:
    """A store of its own for a test, and requests in it. Without spaces, each store is a process."""
    asks = {
        **alike(Ask(), "touchstone", "touchstone-uncached"),
        **alike(Ask("<place>"), "touchstone-space", "touchstone-journal", "touchstone-fault"),
        **alike(Ask(), *JSON_SERVERS),
    }
    stores = alike(Ask(), "touchstone", "fastapi", "flask-restful", *JSON_SERVERS)
    return [
        # As many articles as a new space has.
        Job("a new store for a test", stores, rows=3, writes=True, of="store"),
        Job("one article in a space", asks, lambda a: a.status_code == 200 and a.json()["body"] == article(1)["body"]),
    ]


def own_data() -> list[Job]:
    """Documents of a JSON file: one, a page, and a create."""
    names = ("touchstone-data", *JSON_SERVERS)
    pages = {**dict.fromkeys(names, "_page=1&_limit=20"), "json-server-1": "_page=1&_per_page=20"}
    create = Ask("/articles", "POST", SENT, JSON)
    return [
        Job("one document of own data", alike(Ask(), *names), first),
        Job("20 of 1,000 documents", {name: Ask(f"/articles?{pages[name]}") for name in names}, page_from(1000)),
        Job("create of a document", alike(create, *names), as_sent(201), writes=True),
    ]
