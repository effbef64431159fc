"""The cost of authentication and rate limits: one article by password, by token, and with each kind of counters.

python -m benchmarks.access --rounds 5 --seconds 4
"""

import argparse
import json
import statistics
import tempfile
import time
from base64 import b64encode
from urllib.request import Request, urlopen

from api.rules.passwords import hash_password
from benchmarks.measuring import Load, Running, median, running, spread, wrk
from tests.postgres import Postgres

JOHN = "Basic " + b64encode(b"john:john").decode()
LIMIT = {"RATE_LIMIT": "100000000/day"}


def token(server: Running) -> str:
    """Create a token of the account john."""
    fields = {"Authorization": JOHN, "Content-Type": "application/json"}
    with urlopen(Request(server.url + "/tokens", b"{}", fields)) as answer:
        return "Bearer " + json.load(answer)["token"]


def main() -> None:
    """Measure in interleaved rounds, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    started = time.process_time()
    for _ in range(10):
        hash_password("a password")
    print(f"one hash of a password: {(time.process_time() - started) * 100:.1f} ms of one processor")
    postgres = Postgres()
    with tempfile.TemporaryDirectory() as folder:
        serve = ("run.py", "serve", "--port", "0", "--database")
        file, other = f"sqlite:///{folder}/bench.db", postgres.create("bench")
        jobs = {
            "one article, anonymous": ((*serve, file), {}, ""),
            "by password": ((*serve, file), {}, "password"),
            "by token": ((*serve, file), {}, "token"),
            "with a limit, in memory": ((*serve, file), LIMIT, ""),
            "with a limit, shared by 2 workers": ((*serve, file, "--workers", "2"), LIMIT, ""),
            "one article on PostgreSQL": ((*serve, other), {}, ""),
            "by token on PostgreSQL": ((*serve, other), {}, "token"),
            "with a limit on PostgreSQL": ((*serve, other), LIMIT, ""),
        }
        loads: dict[str, list[Load]] = {name: [] for name in jobs}
        try:
            for _ in range(options.rounds):
                for name, (command, environment, by) in jobs.items():
                    with running(*command, ANSWER_CACHE="false", **environment) as server:
                        authorization = {"": None, "password": JOHN, "token": token(server)}[by]
                        wrk(server, "/articles/1", seconds=1, authorization=authorization)
                        load = wrk(server, "/articles/1", seconds=options.seconds, authorization=authorization)
                        loads[name].append(load)
        finally:
            postgres.stop()
    print("| Job | CPU µs a request | spread | requests/s | p99 ms | beside anonymous |\n|---|---|---|---|---|---|")
    for name, found in loads.items():
        cpu = median(found, lambda load: load.cpu)
        plain = loads["one article on PostgreSQL" if "PostgreSQL" in name else "one article, anonymous"]
        ratio = statistics.median(each.cpu / base.cpu for each, base in zip(found, plain, strict=True))
        rate, p99 = median(found, lambda load: load.rate), median(found, lambda load: load.p99)
        told = spread(found, lambda load: load.cpu)
        print(f"| {name} | {cpu:.0f} | {told} | {rate:,.0f} | {p99:.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
