"""The budget of the tests (tests/budget.py): it names folders that exceed it, and counts started processes."""

import subprocess
import sys

from tests.budget import Meter, cpu_seconds, over

BUSY = "sum(number * number for number in range(5_000_000))"


def test_a_folder_over_its_budget_is_named_and_a_new_one_needs_one() -> None:
    spent = {"contract": 135, "pages": 136, "rules": 9, "new": 11}
    told = over(spent, {"contract": 100, "pages": 100, "rules": 1})
    assert [sentence.partition(" ")[0] for sentence in told] == ["tests/pages", "tests/new"]
    assert "136 CPU seconds; its budget is 100" in told[0]
    assert "make budget" in told[0]


def test_a_process_counts_while_it_runs_and_after_its_end() -> None:
    before = cpu_seconds()
    program = f"import sys; {BUSY}; print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        during = cpu_seconds()
    assert during > before + 0.05
    assert cpu_seconds() >= during


def test_seconds_count_for_the_folder_that_runs() -> None:
    meter = Meter()
    meter.enter("idle")
    meter.enter("busy")
    exec(BUSY)
    meter.enter("the end")
    assert meter.spent["busy"] > meter.spent["idle"]
    assert len(meter.paces) == 3
