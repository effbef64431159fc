"""The command line of Touchstone, and `app` for WSGI servers.

Commands are imported when they are called, so that each starts fast.
"""

import importlib
import logging
from functools import cache
from typing import Any

import click

from api.commands.sentences import Misuse, in_one_sentence
from api.rules.settings import ConfigError
from config import Config

__version__ = "0.1.0"

# Module and name of each command.
COMMANDS = {
    "serve": "api.commands.serve:serve",
    "httpbin": "api.commands.httpbin:httpbin",
    "check": "api.commands.check:check",
    "prune": "api.commands.prune:prune",
    "backup": "api.commands.backup:backup",
    "restore": "api.commands.backup:restore",
    "smoke": "api.commands.smoke:smoke",
    "spaces": "api.commands.spaces:spaces",
    "load": "api.commands.load:load",
    "dump": "api.commands.dump:dump",
    "user": "api.commands.user:user",
    "routes": "api.commands.routes:routes",
    "openapi": "api.commands.openapi:openapi",
    "postman": "api.commands.postman:postman",
    "db": "api.commands.database:db",
}


class Commands(click.Group):
    """The commands, each imported when it is called. Mistakes on the command line are one sentence."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name, or None."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Parse the arguments: `run.py --port 0` means `run.py serve --port 0`."""
        serve = self.get_command(context, "serve") if arguments and arguments[0].startswith("-") else None
        if serve and any(arguments[0].partition("=")[0] in each.opts for each in serve.params):
            arguments = ["serve", *arguments]
        return super().parse_args(context, arguments)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Parse the flags before the command."""
        with in_one_sentence():
            return super().make_context(*args, **more)

    def invoke(self, context: click.Context) -> Any:
        """Parse the rest, and run the command."""
        with in_one_sentence():
            return super().invoke(context)


def settings(**flags: Any) -> Config:
    """Read the settings. A bad one ends the command with a sentence and exit status 2."""
    command = click.get_current_context(silent=True)
    spelled = {each.name or "": each.opts[0] for each in command.command.params} if command else {}
    try:
        return Config.from_environ(spelled=spelled, **flags)
    except ConfigError as error:
        raise Misuse(str(error)) from None


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="Touchstone")
@click.pass_context
def main(context: click.Context) -> None:
    """Touchstone: a REST API server with an exact HTTP contract.

    Without a command it serves: `python run.py --port 0` means `python run.py serve --port 0`.

    Example: python run.py serve --port 8080 --open
    """
    context.obj = settings
    # Commands print their errors themselves; only `serve` has a log.
    logging.getLogger("touchstone").addHandler(logging.NullHandler())
    if context.invoked_subcommand is None:
        serve = main.get_command(context, "serve")
        if serve:
            serve.main([], obj=settings, prog_name="run.py serve")


@cache
def wsgi_app() -> Any:
    """Create the application with the settings of the environment."""
    from api.app import create_app
    from api.watch import logs

    config = Config.from_environ()
    logs.configure(config.log_level, config.log_file, max_bytes=config.log_max_bytes, backups=config.log_backups)
    return create_app(config)


def __getattr__(name: str) -> Any:
    # `run:app` for gunicorn, uWSGI and others; the command line creates its own.
    if name == "app":
        return wsgi_app()
    raise AttributeError(name)


if __name__ == "__main__":
    main()
