"""The command line: help, mistakes, and contradictions."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.commands.sentences import Checked
from config import Config
from run import main
from tests.servers import run

UNCHECKED = type(click.STRING) | type(click.BOOL)
SETTINGS = {field.name for field in dataclasses.fields(Config)}


def commands(group: click.Group, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its words, groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)


COMMANDS = dict(commands(main))
# Each flag that sets a setting, by the words of its command.
FLAGS = [
    (words, option)
    for words, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and option.name in SETTINGS and not option.is_flag
]


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=" ".join)
def test_each_help_has_an_example_and_names_what_its_flags_take(words: tuple[str, ...]) -> None:
    done = run(*words, "--help")
    assert done.returncode == 0
    assert f"Example: python run.py {' '.join(words)}" in " ".join(done.stdout.split())
    for vague in ("TEXT", "INTEGER", "FLOAT", "PATH"):
        assert f" {vague}" not in done.stdout


@pytest.mark.parametrize("words", [(), ("user",), ("db",)], ids=" ".join)
def test_no_summary_of_a_command_is_cut(words: tuple[str, ...]) -> None:
    lines = run(*words, "--help").stdout.partition("Commands:\n")[2].splitlines()
    assert lines
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize(("words", "option"), FLAGS, ids=lambda each: " ".join(each) if isinstance(each, tuple) else "")
def test_a_bad_value_is_reported_with_the_flag_as_it_was_typed(words: tuple[str, ...], option: click.Option) -> None:
    if option.name == "host":
        pytest.skip("any text can be the name of a host")
    given = {"add": ("anna", "--email", "anna@example.org"), "prune": ("--older-than", "1d")}
    needed = given.get(words[-1]) or ["1" for each in COMMANDS[words].params if isinstance(each, click.Argument)]
    yes = ("--yes",) if words[-1] == "delete" else ()
    done = run(*words, *needed, *yes, option.opts[0], "no such value", stdin="a password\n")
    (line, *more) = done.stdout.splitlines() if words == ("check",) else done.stderr.splitlines()
    assert (done.returncode, more) == (1 if words == ("check",) else 2, [])
    assert f": {option.opts[0]} " in line
    assert str(option.name).upper() not in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sevre",), "There is no command sevre: did you mean serve?"),
        (("dance",), "There is no command dance: see `run.py --help`."),
        (("serve", "--prot", "1"), "There is no option --prot: did you mean --port?"),
        (("serve", "--nothing"), "There is no option --nothing: see `run.py serve --help`."),
        (("serve", "more"), "Got unexpected extra argument (more): see `run.py serve --help`."),
        (("prune",), "Missing option '--older-than': see `run.py prune --help`."),
        (("backup",), "Missing argument 'FILE': see `run.py backup --help`."),
        (("user", "lits"), "There is no command lits: did you mean list?"),
        (("--port", "x"), "--port is 'x': use a whole number from 0 to 65535."),
        (("--vers",), "There is no option --vers: did you mean --version?"),
        (
            ("serve", "--ephemeral", "--database", "sqlite:///x.db"),
            "--ephemeral and --database contradict each other: give one of them.",
        ),
        (
            ("serve", "--reload", "--until-eof"),
            "--reload and --until-eof contradict each other: give one of them.",
        ),
        (("serve", "--reload", "--workers", "2"), "--reload needs one worker, but there are 2: use --workers 1."),
        (("serve", "--log-level", "loud"), "--log-level is 'loud': use one of debug, info, warning, error, critical."),
        *(
            (
                ("smoke", "http://x", "--timeout", text),
                f"--timeout is {text!r}: use a number of seconds from 0.1 to 60.",
            )
            for text in ("abc", "", "0", "61", "nan", "inf", "-1", "5s")
        ),
        *(
            (
                ("spaces", "make", "http://x", "--idle-minutes", text),
                f"--idle-minutes is {text!r}: use a whole number from 1 to 525600.",
            )
            for text in ("abc", "", "0", "1.5", "-1", "1e3", "٣", "525601")
        ),
        (("serve", "--workers", "two"), "--workers is 'two': use a whole number from 1 to 64."),
        (("serve", "--port", "8080.5"), "--port is '8080.5': use a whole number from 0 to 65535."),
        (
            ("prune", "--older-than", "abc"),
            "--older-than is 'abc': use a number of days, hours or minutes, such as 30d, 12h or 90m.",
        ),
        (
            ("smoke", "http://127.0.0.1:1", "--user", "a"),
            "--user and --password belong together: give both, or neither.",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_exit_status_2(arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"Touchstone: {says}\n")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_flag_has_a_type_whose_mistakes_click_words(words: tuple[str, ...]) -> None:
    """Such as "is not a valid float range": a flag for a number has `Checked`, or is a setting."""
    types = [each.type for each in COMMANDS[words].params]
    assert [each for each in types if not isinstance(each, Checked | click.Path | UNCHECKED)] == []
    assert all(each.file_okay and each.dir_okay and not each.exists for each in types if isinstance(each, click.Path))


@pytest.mark.parametrize("command", ["openapi", "postman"])
def test_a_folder_as_the_output_is_one_sentence(tmp_path: Path, command: str) -> None:
    done = run(command, "--output", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Touchstone: {tmp_path} cannot be written (Is a directory): ")


def test_a_group_without_a_command_prints_its_help() -> None:
    done = run("user")
    assert done.returncode == 2
    assert "passwd" in done.stdout + done.stderr


def test_the_variable_is_named_where_it_has_the_bad_value() -> None:
    done = run("serve", PORT="http")
    assert (done.returncode, done.stderr.partition(":")[0]) == (2, "Touchstone")
    assert ": PORT is 'http'" in done.stderr
