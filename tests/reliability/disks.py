"""A small disk in a mount namespace that only chosen processes see. It can be filled, or made read-only."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from tests.servers import ROOT

NOT_ALLOWED = "mounting a file system of one's own is not allowed here"


class SmallDisk:
    """A tmpfs of `size` (for example `8m`) at `path`, for processes that are started with `entering`.

    Other processes see it at `seen`. `view` is a second mount of the disk, which can be made read-only.
    """

    def __init__(self, folder: Path, size: str) -> None:
        self.path = folder / "disk"
        self.view = folder / "view"
        self.path.mkdir()
        self.view.mkdir()
        # Root needs no user namespace, and can then start processes of other accounts.
        self.flags = ["-m"] if os.geteuid() == 0 else ["-r", "-m"]
        script = 'mount -t tmpfs -o "size=$1,mode=777" tmpfs "$2" && mount --bind "$2" "$3" && echo mounted && exec cat'
        try:
            self.holder = subprocess.Popen(
                ["unshare", *self.flags, "sh", "-c", script, "sh", size, self.path, self.view],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except OSError:
            pytest.skip(NOT_ALLOWED)
        assert self.holder.stdout
        if self.holder.stdout.readline() != "mounted\n":
            self.close()
            pytest.skip(NOT_ALLOWED)
        self.entering = ["nsenter", "-t", str(self.holder.pid), "-m"]
        if "-r" in self.flags:
            self.entering += ["-U", "--preserve-credentials"]
        self.seen = Path(f"/proc/{self.holder.pid}/root{self.path}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete it with its content, when no process uses it any more."""
        for pipe in (self.holder.stdin, self.holder.stdout):
            assert pipe
            pipe.close()
        self.holder.wait(20)

    def put_aside(self, size: int) -> Path:
        """Write a file of so many bytes, which can be deleted to free space, and return it."""
        file = self.seen / "aside"
        file.write_bytes(b"\0" * size)
        return file

    def fill(self) -> None:
        """Write a file until the disk is full."""
        with (self.seen / "filler").open("wb", buffering=0) as file:
            for size in (65_536, 1):
                try:
                    while file.write(b"\0" * size):
                        pass
                except OSError:
                    continue

    def make_view(self, how: str) -> None:
        """Make the view read-only (`ro`) or writable (`rw`) again."""
        subprocess.run([*self.entering, "mount", "-o", f"remount,bind,{how}", self.view], check=True, timeout=20)

    def entrance(self, folder: Path) -> Path:
        """A folder whose `run.py` starts the project's `run.py` in the namespace of the disk."""
        command = [*self.entering, sys.executable, str(ROOT / "run.py")]
        (folder / "run.py").write_text(
            f"import os, sys\nos.execvp({command[0]!r}, {command!r} + sys.argv[1:])\n", encoding="utf-8"
        )
        return folder
