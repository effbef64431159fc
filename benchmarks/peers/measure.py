"""One measurement: starts a server, checks its answer, warms it up, and runs wrk."""

import math
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from httpx import Client

from benchmarks.fields import percentiles
from benchmarks.measuring import ROOT, Load, Peak, Refused, processor_seconds, resident_mib, wrk
from benchmarks.peers.asking import once, put_in, script
from benchmarks.peers.data import loading
from benchmarks.peers.jobs import Job
from benchmarks.peers.servers import Server, copied

WARM_UP = 1  # second, the minimum of wrk
# Reading memory costs a millisecond of the cores that the server and wrk share.
LOOK_EVERY = 0.1


def measured(job: Job, name: str, server: Server, data: Path, folder: Path, *, workers: int, seconds: int) -> Load:
    """Do a job once. Raises Refused if an answer of the server is wrong."""
    if job.of == "load":
        return of_load(data, folder, job.rows)
    if job.writes:
        data = copied(data, folder / "copy")
    if job.of == "store" and name == "touchstone":
        return of_spaces(server, data, workers, seconds)
    if job.of in ("start", "store"):
        return of_start(server, data, workers)
    with server.running(data, workers) as running:
        with Client(base_url=running.url, timeout=60, trust_env=False) as client:
            ask = put_in(job.asks[name], {**server.before(client), **job.before(client)})
            sent = once(ask)
            answer = client.request(sent.method, sent.path, content=sent.body, headers=sent.fields)
            if not job.right(answer):
                raise Refused(f"{name} gives a wrong answer for {job.name!r}: {answer.status_code} {answer.text[:200]}")

        def by_wrk(part: int, lasting: int) -> Load:
            lua = str(script(ask, part, job.rows, folder))
            with Peak(running.pid, LOOK_EVERY) as peak:
                load = wrk(running, "", seconds=lasting, connections=job.connections, script=lua)
            return replace(load, memory=peak.mib)

        by_wrk(1, WARM_UP)
        return by_wrk(2, seconds)


def of_start(server: Server, data: Path, workers: int) -> Load:
    """Measure the start, from the command to the first answer: ms, µs of processor time, and the memory."""
    with server.running(data, workers) as running:
        cpu, memory = processor_seconds(running.pid) * 1e6, resident_mib(running.pid)
        return Load(cpu, math.nan, running.seconds * 1000, math.nan, memory)


def of_spaces(server: Server, data: Path, workers: int, seconds: int) -> Load:
    """Measure spaces, one after another: ms to make one and to read in it, µs of processor time, and the memory.

    The processor time includes the deletion.
    """
    with server.running(data, workers) as running, Client(base_url=running.url, timeout=60, trust_env=False) as client:

        def by_tests(lasting: float) -> Load:
            taken = []
            until, spent = time.perf_counter() + lasting, processor_seconds(running.pid)
            with Peak(running.pid, LOOK_EVERY) as peak:
                while (begun := time.perf_counter()) < until:
                    space = client.post("/spaces", json={}).raise_for_status().json()
                    answer = client.get(f"{space['url']}/articles/1")
                    taken.append((time.perf_counter() - begun) * 1000)
                    if answer.status_code != 200 or client.delete(f"/spaces/{space['id']}").status_code != 204:
                        raise Refused(f"a space gives a wrong answer: {answer.status_code} {answer.text[:200]}")
            cpu = (processor_seconds(running.pid) - spent) / len(taken) * 1e6
            return Load(cpu, math.nan, *percentiles(taken), peak.mib)

        by_tests(WARM_UP)
        return by_tests(seconds)


def of_load(data: Path, folder: Path, rows: int) -> Load:
    """Measure `run.py load` into a new database: rows a second, and µs of processor time a row."""
    database = folder / "loaded.db"
    started = time.perf_counter()
    process = subprocess.Popen(loading(data.with_suffix(".ndjson"), database), cwd=ROOT, stderr=subprocess.DEVNULL)
    with Peak(process.pid, LOOK_EVERY) as peak:
        _, status, used = os.wait4(process.pid, 0)
    passed = time.perf_counter() - started
    for file in folder.glob("loaded.db*"):
        file.unlink()
    if status:
        raise Refused("run.py load failed")
    return Load((used.ru_utime + used.ru_stime) / rows * 1e6, rows / passed, math.nan, math.nan, peak.mib)
