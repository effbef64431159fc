"""What happens when a server is ready: one line, and a browser if the user wants one."""

import subprocess
import sys

READY = "Touchstone is ready on "
# In a process of its own, because a text browser runs until its user ends it.
OPEN = """\
import sys, webbrowser
if not webbrowser.open(sys.argv[1]):
    print(f"Touchstone: There is no browser to open: go to {sys.argv[1]} yourself.", file=sys.stderr)
"""


def open_in_browser(url: str) -> None:
    """Open the URL of a server in the user's browser (the variable BROWSER, or the usual one of the system).

    The browser gets a session of its own, so that ctrl-C ends the server only.
    """
    url = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    subprocess.Popen(  # noqa: S603  # our own arguments
        [sys.executable, "-c", OPEN, url], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
