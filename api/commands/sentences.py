"""Errors on the command line: one sentence that says what to do, and exit status 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand, NoSuchOption

from api.rules.own_options import DataFault
from api.rules.settings import ConfigError

if TYPE_CHECKING:
    from config import Config

# A command calls this for its settings: the flags given here override the environment.
Settings = Callable[..., "Config"]

database_option = click.option("--database", "database_url", metavar="URL", help="The database. Default: DATABASE_URL.")


class Refusal(click.ClickException):
    """An error and what to do about it, in one sentence; exit status 1."""

    def show(self, file: Any = None) -> None:
        """Print the sentence."""
        click.echo(f"Touchstone: {self.format_message()}", file=file, err=True)


class Misuse(Refusal):
    """A bad flag or setting; exit status 2."""

    exit_code = 2


class Checked(click.ParamType[Any]):
    """A flag with a reader of `api.rules.settings`: a bad value is one sentence with the flag as it was typed."""

    name = "value"

    def __init__(self, read: Callable[[str, str], Any]) -> None:
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value; a default that is no text stays as it is."""
        if not isinstance(value, str):
            return value
        try:
            return self.read(param.opts[0] if param else self.name, value)
        except ConfigError as error:
            raise Misuse(str(error)) from None


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Turn mistakes on the command line into one sentence with the flag as it was typed."""
    try:
        yield
    except NoArgsIsHelpError:
        raise  # its text is the help
    except NoSuchOption as error:
        raise Misuse(f"There is no option {error.option_name}: {hint(error, error.possibilities)}") from None
    except NoSuchCommand as error:
        group = error.ctx.command if error.ctx else None
        known = group.list_commands(error.ctx) if error.ctx and isinstance(group, click.Group) else []
        meant = get_close_matches(error.command_name, known)
        raise Misuse(f"There is no command {error.command_name}: {hint(error, meant)}") from None
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise Refusal("PostgreSQL needs one more package: pip install 'psycopg[binary]'.") from None
    except DataFault as fault:
        raise Misuse(f"{fault}".rstrip(".") + ".") from None
    except click.UsageError as error:
        raise Misuse(f"{error.format_message().rstrip('.')}: see {help_of(error)}.") from None


def hint(error: click.UsageError, meant: list[str] | None) -> str:
    """The name that is probably meant, or the command that prints the help."""
    return f"did you mean {meant[0]}?" if meant else f"see {help_of(error)}."


def help_of(error: click.UsageError) -> str:
    """The command that prints the help for a mistake."""
    return f"`{error.ctx.command_path if error.ctx else 'run.py'} --help`"


def must_exist(config: Config) -> None:
    """Refuse a SQLite file that does not exist; opening it would create it."""
    if config.database_file and not config.database_file.exists():
        raise Refusal(f"There is no database {config.database_file}: check DATABASE_URL or --database.")


@contextmanager
def sentences(config: Config) -> Iterator[None]:
    """Turn errors of the database and of loading into one sentence that says what to do."""
    from api.rules.problems import Unavailable
    from api.store.database import LostRace, PassingFailure
    from api.store.loading import LoadFault
    from api.store.migrating import DatabaseError, UnknownRevision

    place = str(config.database_file or config.database_url.rpartition("@")[2])
    try:
        yield
    except LoadFault as fault:
        raise Refusal(f"{fault} Nothing was loaded.") from None
    except UnknownRevision as error:
        raise Refusal(str(error)) from None
    except Unavailable as problem:
        raise Refusal(cannot_use(place, config, problem.__cause__)) from None
    except PassingFailure as failure:
        raise Refusal(cannot_use(place, config, failure.__cause__)) from None
    except LostRace:
        raise Refusal(f"Others changed the database {place} meanwhile: nothing was done, so run it again.") from None
    except DatabaseError as error:
        reason = str(error.orig).partition("\n")[0]
        raise Refusal(f"The database {place} cannot be used ({reason}): check DATABASE_URL or --database.") from None


def cannot_use(place: str, config: Config, cause: BaseException | None) -> str:
    """The reason why a database cannot be used, and what to do."""
    reason = str(getattr(cause, "orig", cause)).partition("\n")[0].rstrip(".")
    if "full" in reason or "No space" in reason:
        return f"There is no space left for the database {place}: free some, and start again."
    if "locked" in reason:
        return f"The database {place} is locked by another process: stop that process, or wait until it ends."
    if "readonly" in reason:
        return f"The database {place} is not writable: check the permissions of the file and its folder."
    if config.database_file:
        return f"The database {place} cannot be opened ({reason}): check that its folder exists and is writable."
    return f"PostgreSQL cannot be reached at {place} ({reason}): check that it runs, and DATABASE_URL."
