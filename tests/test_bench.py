"""The jobs and the report of `make bench`, without its measurements."""

import re
import shutil
from pathlib import Path

from benchmarks.measuring import Load
from benchmarks.peers import report
from benchmarks.peers.further import TWO, WITH_TWO, all_jobs
from benchmarks.peers.plot import MARKS
from benchmarks.peers.servers import REFERENCES, SERVERS

# As many rounds for each server, twice as fast with one worker as with two.
FASTER, SLOWER = [Load(100, 2000, 5, 9, 50)] * 2, [Load(200, 1000, 9, 20, 60)] * 2


def results() -> report.Loads:
    """Figures for every job and server."""
    return {
        job.name: {name: SLOWER if job.name.endswith(TWO) else FASTER for name in job.asks} for job in all_jobs(20_000)
    }


def test_each_server_of_a_job_is_known_and_has_a_mark_in_the_plot() -> None:
    asked = {name for job in all_jobs(20_000) for name in job.asks}
    assert asked == SERVERS.keys() == MARKS.keys()


def test_each_job_that_others_do_too_has_a_touchstone_to_compare_with() -> None:
    assert all(not set(REFERENCES).isdisjoint(job.asks) for job in all_jobs(20_000))


def test_the_writing_jobs_are_measured_with_two_workers_for_the_peers_too() -> None:
    found = {job.name: (job.workers, set(job.asks)) for job in all_jobs(20_000) if job.name.endswith(TWO)}
    peers = {"touchstone", "fastapi", "flask-restful"}
    assert found == {name + TWO: (2, {"touchstone"} if "Key" in name else peers) for name in WITH_TWO}


def test_the_table_of_two_workers_compares_with_one() -> None:
    _, _, rest = report.tables(results()).partition("**Create, two workers**")
    lines = rest.strip().splitlines()
    assert lines[0].endswith("| speed beside Touchstone | beside one worker |")
    assert lines[2].startswith("| touchstone | 1,000 ")
    assert lines[2].endswith("| 1.00 | 0.50 |")


def test_the_results_replace_the_older_ones_in_the_page(tmp_path: Path) -> None:
    shutil.copy(report.DOCS / "performance.md", tmp_path)
    before = (tmp_path / "performance.md").read_text()
    loads = results()
    report.write(loads, "a test", tmp_path)
    after = (tmp_path / "performance.md").read_text()
    written = after.partition(report.START)[2].partition(report.END)[0]
    assert [name.lower() for name in re.findall(r"^\*\*(.+)\*\*$", written, re.MULTILINE)] == [
        name.lower() for name in loads
    ]
    assert after.partition(report.START)[0] == before.partition(report.START)[0]
    assert after.partition(report.END)[2] == before.partition(report.END)[2]
    assert (tmp_path / "performance.svg").read_text().count('<text x="12" y=') > len(WITH_TWO)
