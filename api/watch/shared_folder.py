"""The folder in which workers count together, for as long as their parent lives."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_folder() -> Iterator[None]:
    """Have a fresh folder for what workers count, named in PROMETHEUS_MULTIPROC_DIR; it is gone at the end.

    Enter it before the metrics are made, and before there is a worker.
    """
    folder = os.environ[VARIABLE] = tempfile.mkdtemp(prefix="touchstone-metrics-")
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
