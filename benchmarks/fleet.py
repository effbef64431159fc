"""Three instances on one PostgreSQL with nginx in front, on loopback: restarted in turn and killed, under load.

python -m benchmarks.fleet --rounds 10
python -m benchmarks.fleet --stay

In each round every instance is stopped and started again, one after the other, and then one is killed (SIGKILL) and
started again, while clients read and create through nginx. Clients repeat failed requests with their keys; at the end
the keys are counted in the database. The exit status is 1 if a client noticed a restart, or a key was not executed
exactly once. With `--stay` it only starts everything, prints the addresses, and waits for ctrl-C.
"""

import argparse
import contextlib
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.postgres import Postgres
from tests.reliability.fleet import WITHOUT_NGINX, Fleet, Tally, keys_in, nginx


def rehearse(fleet: Fleet, rounds: int, clients: int) -> bool:
    """Restart and kill in rounds, print the results of the clients, and return whether all are right."""
    restarted, killed, repeated = Tally(), Tally(), 0
    for number in range(rounds):
        with fleet.under_load(clients) as tally:
            fleet.restart_in_turn()
        restarted.add(tally)
        with fleet.under_load(clients) as tally:
            fleet.kill(number % len(fleet.ports))
        fleet.start(number % len(fleet.ports))
        made = fleet.repeat(tally.failures)
        repeated += len(made)
        killed.add(tally)
        killed.made |= made
    many = Counter(keys_in(fleet.database, [*restarted.made, *killed.made]))
    print(
        f"restarts in turn: {rounds * len(fleet.ports)}, requests {restarted.asked:,}, failed {len(restarted.failures)}"
    )
    print(f"instances killed: {rounds}, requests {killed.asked:,}, failed {len(killed.failures)}, repeated {repeated}")
    print(f"keys executed once: {many[1]:,}; otherwise: {many.total() - many[1]}")
    for each in (*restarted.failures, *killed.failures):
        print(f"  {each.method} by {each.served_by or '-'}: {each.told}")
    return not restarted.failures and set(many) == {1}


def main() -> None:
    """Start the fleet, then rehearse or wait."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--instances", type=int, default=3)
    parser.add_argument("--stay", action="store_true", help="only start everything and wait for ctrl-C")
    options = parser.parse_args()
    if nginx() is None:
        sys.exit(WITHOUT_NGINX)
    postgres = Postgres()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Fleet(Path(folder), postgres.create("fleet"), options.instances) as fleet,
        ):
            if not options.stay:
                sys.exit(not rehearse(fleet, options.rounds, options.clients))
            print(f"nginx is at {fleet.url}, the instances at {', '.join(map(str, fleet.ports))}; ctrl-C ends them.")
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
