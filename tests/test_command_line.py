"""The command line as a whole: every command explains itself, with examples that parse, and corrects misspelt words."""

from __future__ import annotations

import re
import runpy
import shlex
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from inspect import cleandoc
from io import StringIO
from os import environ
from typing import Any
from unittest.mock import patch

import pytest
from typer.main import get_command

from cosmodrome.cli import admin_user, app, commands
from cosmodrome.cli.commands import UNBROKEN, examples, options
from cosmodrome.cli.terminal import out
from cosmodrome.environment import PREFIX, SETTINGS, Environment
from servers import ROOT

WIDEST_EXAMPLE = 76
"""Characters of an example that a terminal of 80 columns shows on one line."""


def contexts(command: Any, name: str, parent: Any = None) -> list[Any]:
    """The contexts of a command and of all below it."""
    own = command.make_context(name, [], parent=parent, resilient_parsing=True)
    below = getattr(command, "commands", {})
    return [own, *(each for name, command in below.items() for each in contexts(command, name, own))]


COSMODROME: Any = get_command(app)
ALL = contexts(COSMODROME, "cosmodrome")
LEAVES = [each for each in ALL if not hasattr(each.command, "commands")]


def every(contexts: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("context", contexts, ids=lambda each: str(each.command_path))


@dataclass(frozen=True)
class Ended:
    """The output of a command, and its exit code."""

    code: int
    out: str
    err: str


def run(*words: str, **variables: str) -> Ended:
    """Runs a command in this process, as at the end of a pipe."""
    with (
        patch.dict(environ, variables),
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
        pytest.raises(SystemExit) as ended,
    ):
        COSMODROME.main(list(words), prog_name="cosmodrome")
    return Ended(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def words_of(context: Any) -> list[str]:
    return str(context.command_path).split()[1:]


def calls(example: str) -> list[list[str]]:
    """The words of each call of `cosmodrome` in a line for a shell, without its name."""
    words = shlex.split(example.replace("|", " | "), comments=True)
    parts = " ".join(map(shlex.quote, words)).split("'|'")
    return [call[1:] for call in map(shlex.split, parts) if call[0] == "cosmodrome"]


def parse(words: list[str]) -> None:
    """Parses a command line as far as the function of its command, which is not called."""
    context: Any = COSMODROME.make_context("cosmodrome", list(words))
    while hasattr(context.command, "commands"):
        rest = [*context._protected_args, *context.args]
        name, command, more = context.command.resolve_command(context, rest)
        if "--help" in more:
            return
        context = command.make_context(name, more, parent=context)


def whole(text: str) -> str:
    return " ".join(text.split())


@every(ALL)
def test_each_help_has_an_example_of_the_command_that_parses(context: Any) -> None:
    shown = examples(context.command.help)
    found = [call for example in shown for call in calls(example)]
    assert [call[: len(words_of(context))] for call in found] == [words_of(context)] * len(shown) != []
    for call in found:
        parse(call)
    explained = run(*words_of(context), "--help").out.splitlines()
    assert all(f"      {example}" in explained for example in shown)
    assert max(map(len, shown)) <= WIDEST_EXAMPLE


@every(ALL)
def test_h_is_help(context: Any) -> None:
    long, short = (run(*words_of(context), name) for name in ("--help", "-h"))
    assert long.code == short.code == 0
    assert long.out == short.out != ""


@every(ALL)
def test_no_line_of_help_is_cut_or_wrapped_in_a_pipe(context: Any) -> None:
    explained = run(*words_of(context), "--help", COLUMNS="40", TERMINAL_WIDTH="40").out
    lines = {whole(line) for line in explained.splitlines()}
    for paragraph in cleandoc(context.command.help).split("\n\n"):
        assert whole(paragraph) in lines or paragraph.startswith("    ")
    for option in options(context):
        (line,) = (line for line in lines if re.match(rf"(-\w, )?{option.opts[0]}(?![\w-])", line))
        assert whole(option.help or "") in line
    assert "…" not in explained and "│" not in explained


@every(ALL)
def test_on_a_terminal_examples_keep_their_lines(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "is_terminal", lambda: True)
    explained = run(*words_of(context), "-h", COLUMNS="80").out
    assert "╭─ Options" in explained
    assert set(examples(context.command.help)) <= {line.strip() for line in explained.splitlines()}


def test_output_in_a_pipe_is_not_cut_or_wrapped() -> None:
    assert out.width == UNBROKEN or out.is_terminal


@every(LEAVES)
def test_each_help_says_where_the_catalogue_is(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [*words_of(context), "--help"]
    assert "catalogue is in `/tmp/of_mine` (" in run(*command, COSMODROME_DATA_DIR="/tmp/of_mine").out  # noqa: S108
    url = "postgres://me:secret@there/stars"
    explained = run(*command, COSMODROME_DATABASE_URL=url).out
    assert "catalogue is in `there/stars` (" in explained and "secret" not in explained
    wrong = run(*command, COSMODROME_PORT="x")
    assert wrong.code == 0 and "COSMODROME_PORT is 'x'" in wrong.out


DOCUMENTED = {
    (command, option): name
    for name, row in re.findall(
        rf"^\| `{PREFIX}(\w+)` \|(.*)$",
        (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    for command, option in re.findall(r"as `(\w+) (--[a-z-]+)`", row)
}
"""The variables that options give, as docs/settings.md says it."""


@every(LEAVES)
def test_an_option_that_is_a_setting_names_its_variable(context: Any) -> None:
    for option in options(context):
        named = re.findall(rf"\[{PREFIX}(\w+)\]$", option.help or "")
        documented = DOCUMENTED.get((context.info_name, option.opts[0]))
        assert named == ([documented] if documented else [])


def test_an_option_that_is_called_like_a_setting_is_one() -> None:
    for context in LEAVES:
        for option in options(context):
            if str(option.name).upper() in SETTINGS:
                assert PREFIX in (option.help or ""), (context.command_path, option.name)


def misspelt(word: str) -> str:
    """The word with its last letter twice."""
    return f"{word}{word[-1]}"


@every([each for each in ALL if each.parent])
def test_a_misspelt_command_is_told_which_was_meant(context: Any) -> None:
    *before, name = words_of(context)
    refused = run(*before, misspelt(name))
    assert refused.code == 2
    assert f"'{misspelt(name)}' is not a command of " in refused.err
    assert refused.err.endswith(f": did you mean {name}?\n")


def test_of_a_strange_command_all_are_told() -> None:
    assert ": there are serve, load, " in run("xyz").err


@every(ALL)
def test_a_misspelt_option_is_told_which_was_meant(context: Any) -> None:
    for option in options(context):
        wrong = misspelt(max(option.opts, key=len))
        for given in (wrong, f"{wrong}=1"):
            refused = run(*words_of(context), given)
            assert refused.code == 2
            assert f"'{wrong}' is not an option of {context.command_path}: did" in refused.err
            assert refused.err.endswith(f"did you mean {max(option.opts, key=len)}?\n")


def test_an_option_with_one_dash_is_told_which_was_meant() -> None:
    assert run("check", "-format", "json").err.endswith(
        "'-format' is not an option of cosmodrome check: did you mean --format?\n"
    )


def test_a_misspelt_value_of_an_option_is_told_which_was_meant() -> None:
    values = [
        (context, option, value)
        for context in LEAVES
        for option in options(context)
        for value in getattr(option.type, "choices", ())
    ]
    assert values
    for context, option, value in values:
        refused = run(*words_of(context), option.opts[0], misspelt(value))
        assert refused.code == 2
        assert refused.err.endswith(
            f"'{misspelt(value)}' is not a value of {option.opts[0]}: did you mean {value}?\n"
        )


def test_a_fault_of_a_value_keeps_its_sentence() -> None:
    assert run("status", "--max-age", "old").err.endswith(
        "Invalid value for '--max-age': 'old' is no age: write one like 36h, 90m or P1DT12H\n"
    )


def taking(kind: str) -> list[tuple[Any, Any]]:
    """The options, with their commands, whose values are of a kind."""
    return [(each, option) for each in LEAVES for option in options(each) if re.match(kind, option.type.name)]


def test_what_is_no_number_is_told_which_there_are() -> None:
    assert taking("int|float")
    for context, option in taking("int|float"):
        for value in ("80x", "", *(["-1"] if getattr(option.type, "min", -2) not in (None, -2) else [])):
            refused = run(*words_of(context), option.opts[0], value)
            assert refused.code == 2
            assert f"Error: '{value}' is no value of {option.opts[0]}: write a " in refused.err
    assert run("serve", "--port", "70000").err.endswith(
        "Error: '70000' is no value of --port: write a whole number from 1 to 65535\n"
    )
    assert run("serve", "--clock-speed", "fast").err.endswith(
        "'fast' is no value of --clock-speed: write a number\n"
    )


def test_no_option_that_gives_a_setting_is_empty() -> None:
    given = [
        (context, option)
        for context in LEAVES
        for option in options(context)
        if PREFIX in (option.help or "") and not option.is_flag
    ]
    assert len(given) > 10
    for context, option in given:
        refused = run(*words_of(context), option.opts[0], "")
        assert (refused.code, refused.out) == (2, "")
        assert option.opts[0] in refused.err


@pytest.mark.parametrize(
    "words",
    [
        "admin-user ada --role viewer --remove",
        "admin-user ada --password-stdin --remove",
        "sync --explain --dry-run",
        "serve --demo --empty",
        "token add bot --key=",
    ],
)
def test_options_that_contradict_each_other_are_refused(words: str) -> None:
    refused = run(*words.split())
    assert refused.code in (1, 2)
    assert re.search("give|write --key -", refused.err)
    assert refused.out == ""


def test_an_address_of_the_admin_is_told_only_if_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(**variables: str) -> str:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return admin_user.admin_of(Environment.read(environ))

    assert told() == "/admin/ of the server"
    assert told(COSMODROME_PORT="8871") == "http://127.0.0.1:8871/admin/"
    assert told(COSMODROME_PUBLIC_URL="https://space.example/x") == "https://space.example/x/admin/"


def test_the_version_is_an_option_and_a_command() -> None:
    assert run("--version").out == run("version").out
    assert re.fullmatch(r"Cosmodrome \d+\.\d+\.\d+, Launch Library 2\.3\.0\n", run("--version").out)


def test_python_runs_the_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["cosmodrome", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("cosmodrome", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == run("version").out
    runpy.run_module("cosmodrome", run_name="__mp_main__")  # as a worker imports it
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("cosmodrome de", ["derive", "describe"]),
        ("cosmodrome token re", ["remove"]),
        ("cosmodrome serve --fault-", ["--fault-seed", "--fault-seconds"]),
        ("cosmodrome check --format j", ["json"]),
        ("cosmodrome load laun", []),  # the shell completes names of files
    ],
)
def test_a_shell_completes_what_is_typed(typed: str, completed: list[str]) -> None:
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    assert run(_COSMODROME_COMPLETE="complete_bash", **asked).out.split() == completed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    assert f"_COSMODROME_COMPLETE=complete_{shell}" in run(_COSMODROME_COMPLETE=f"source_{shell}").out
