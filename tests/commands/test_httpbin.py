"""`run.py httpbin`: the toolbox alone, over HTTP and HTTPS."""

import signal
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest
import trustme

from tests.forks import Fork
from tests.servers import READY, clean_environment, run
from tests.waiting import PATIENCE

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Signs certificates."""
    return trustme.CA()


def served(folder: Path, *arguments: str) -> tuple[Fork, str]:
    """A server, and its URL."""
    server = Fork("httpbin", "--port", "0", *arguments, log=folder / "log", environment=clean_environment())
    line = server.stdout.readline()
    assert line.startswith(READY), (folder / "log").read_text()
    return server, line.removeprefix(READY).strip()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_the_toolbox_at_the_root_and_stops_cleanly(tmp_path: Path, how: int) -> None:
    server, url = served(tmp_path)
    with httpx.Client(base_url=url) as client:
        assert client.get("/get").json()["url"] == f"{url}/get"
        assert client.get("/articles").status_code == 404
        server.send_signal(how)
        assert server.wait(PATIENCE) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_it_serves_https_from_tls_1_2_on(tmp_path: Path, authority: trustme.CA) -> None:
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    server, url = served(tmp_path, "--tls-cert", str(tmp_path / "both.pem"))
    trusting = ssl.create_default_context(cafile=tmp_path / "authority.pem")
    assert httpx.get(f"{url}/get", verify=trusting).json()["url"] == f"{url}/get"
    assert httpx.post(f"{url}/post", content=b"x" * 300_000, verify=trusting).json()["data"] == "x" * 300_000
    curl = ["curl", "-sk", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", url]
    assert subprocess.run(curl, capture_output=True, timeout=PATIENCE, check=False).returncode == 35
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    assert httpx.get(f"{url}/ip", verify=trusting).status_code == 200
    server.send_signal(signal.SIGTERM)
    assert server.wait(PATIENCE) == 0


def test_bad_usage_is_one_sentence(tmp_path: Path, authority: trustme.CA) -> None:
    issued = authority.issue_cert("127.0.0.1")
    certificate, key, other = (tmp_path / name for name in ("c.pem", "k.pem", "o.pem"))
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    authority.issue_cert("127.0.0.1").private_key_pem.write_to_path(other)
    for arguments, told in (
        (("--port", "99999"), "--port is '99999'"),
        (("--tls-key", str(key)), "--tls-key needs --tls-cert."),
        (("--tls-cert", "/missing"), "--tls-cert is /missing, and there is no such file."),
        (("--tls-cert", str(certificate)), "use a certificate and its own key in PEM."),
        (("--tls-cert", str(certificate), "--tls-key", str(other)), "use a certificate and its own key in PEM."),
        (("--tls-cert", str(key), "--tls-key", str(certificate)), "use a certificate and its own key in PEM."),
        (("extra",), "see `run.py httpbin --help`."),
    ):
        done = run("httpbin", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        [sentence] = done.stderr.splitlines()
        assert sentence.startswith("Touchstone: ")
        assert told in sentence


def test_a_key_with_a_password_is_refused_and_asks_nobody(tmp_path: Path) -> None:
    made = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:a secret", "-subj", "/CN=a"]
    subprocess.run([*command, "-keyout", str(made), "-out", str(tmp_path / "c.pem")], check=True, capture_output=True)
    done = run("httpbin", "--tls-cert", str(tmp_path / "c.pem"), "--tls-key", str(made))
    assert (done.returncode, done.stderr) == (
        2,
        f"Touchstone: The key in {made} is encrypted: use one that is not.\n",
    )


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    server, url = served(tmp_path)
    port = url.rpartition(":")[2]
    other = Fork("httpbin", "--port", port, log=tmp_path / "other", environment=clean_environment())
    assert other.wait(PATIENCE) == 1
    assert f"127.0.0.1 port {port} cannot be listened on" in (tmp_path / "other").read_text()
    server.send_signal(signal.SIGTERM)
    assert server.wait(PATIENCE) == 0
