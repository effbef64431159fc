"""`run.py httpbin`: serves the toolbox alone, at the root, until a signal stops it."""

from __future__ import annotations

import ssl
from functools import partial
from pathlib import Path
from typing import Any

import click

from api.commands.sentences import Misuse, Settings
from api.commands.serve import without_brackets

PORT = "8001"
CERTIFICATE = click.Path(path_type=Path)


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on. Default: HOST, or 127.0.0.1.")
@click.option("--port", metavar="PORT", default=PORT, help=f"Port; 0 uses a free one. Default: {PORT}.")
@click.option("--tls-cert", metavar="FILE", type=CERTIFICATE, help="Serve HTTPS with this certificate chain (PEM).")
@click.option("--tls-key", metavar="FILE", type=CERTIFICATE, help="Its private key (PEM), if the chain has none.")
@click.option(
    "--log-level",
    metavar="LEVEL",
    help="The least important lines of the log: debug, info, warning, error or critical. Default: LOG_LEVEL, or info.",
)
@click.option(
    "--until-eof",
    is_flag=True,
    help="Stop too when standard input ends. A program that starts the server then never leaves it behind.",
)
@click.pass_obj
def httpbin(
    settings: Settings,
    /,
    host: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    until_eof: bool,
    **flags: Any,
) -> None:
    """Serve httpbin's endpoints at the root, without a database.

    It runs until SIGTERM or ctrl-C.

    Example: python run.py httpbin --port 8001

    Example: python run.py httpbin --tls-cert cert.pem --tls-key key.pem
    """
    if tls_key and not tls_cert:
        raise Misuse("--tls-key needs --tls-cert.")
    config = settings(host=without_brackets(host), **flags)
    tls = tls_context(tls_cert, tls_key) if tls_cert else None

    from api.commands.fronts import front_settings, log_lines, place_named
    from api.commands.ready import READY
    from api.front import Hooks, serve
    from api.front.h11_server import Uvicorn
    from api.rules.pace import paced_paths
    from api.toolbox import create_toolbox

    log_lines(config)
    app = create_toolbox(config)
    with place_named(config):
        serve(
            lambda: app,
            host=config.host,
            port=config.port,
            settings=front_settings(config, paced_paths("")),
            on_ready=lambda url: click.echo(f"{READY}{url}"),
            hooks=Hooks(on_refusal=app.watch.log_answer, on_unanswered=app.watch.log_unanswered),
            until_eof=until_eof,
            tls=tls,
            below=partial(Uvicorn, tls=tls),
        )


def tls_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """The TLS of the server: 1.2 or newer. Raises Misuse if the files cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])

    def ask() -> str:
        raise Misuse(f"The key in {key or certificate} is encrypted: use one that is not.")

    for option, path in (("--tls-cert", certificate), ("--tls-key", key)):
        if path and not path.is_file():
            raise Misuse(f"{option} is {path}, and there is no such file.")
    try:
        context.load_cert_chain(certificate, key, ask)
    except ssl.SSLError:
        raise Misuse(
            f"{certificate} has no certificate with its key: use a certificate and its own key in PEM."
        ) from None
    except OSError as error:
        raise Misuse(f"{error.filename or certificate} cannot be read ({error.strerror}).") from None
    return context
