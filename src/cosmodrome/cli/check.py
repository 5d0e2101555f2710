"""`cosmodrome check`."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cosmodrome.cli.terminal import fail, out, sentences
from cosmodrome.server import startup

if TYPE_CHECKING:
    from cosmodrome.doctor import Rule


class Form(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"


def check(
    form: Annotated[
        Form,
        typer.Option("--format", help="Text for people; json for programs: an array, with all findings."),
    ] = Form.text,
    every: Annotated[bool, typer.Option("--all", help="Print each finding, not some of each rule.")] = False,
    names: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="NAME", help="Look for what breaks this rule only; may be repeated."),
    ] = None,
    listed: Annotated[bool, typer.Option("--rules", help="List all rules, and check nothing.")] = False,
) -> None:
    """Tell what in the catalogue contradicts itself.  Changes nothing.

    Missions that ended before they were launched, people on two craft at once, dockings that overlap,
    launches that succeeded in the future, published totals that disagree with what their parts make, and
    more: each with its records, its values, a sentence, and what to do.  --rules lists them all.

        cosmodrome check
        cosmodrome check --all --format json
        cosmodrome check --rules

    The exit code is 1 if anything of severity error is found, which cannot be true at any time; else 0: a
    warning is doubtful, and may be true after all.
    """
    with sentences():
        settings = startup.set_up()
        if not listed:
            startup.open_unchanged(settings)
    from cosmodrome.doctor import Severity
    from cosmodrome.doctor.report import Counts, as_json, as_text, rules_as_json, rules_as_text
    from cosmodrome.ingest.errors import printable
    from cosmodrome.time.clock import now

    counts, rules = Counts(), rules_named(names or [])
    if form is Form.json:
        pieces = rules_as_json(rules) if listed else as_json(now(), counts, rules)
        for piece in pieces:
            sys.stdout.write(piece)
    else:
        lines = rules_as_text(rules) if listed else as_text(now(), counts, every, rules)
        for line, style in lines:
            out.print(printable(line), style=style, markup=False)
    if counts[Severity.ERROR]:
        raise typer.Exit(1)


def rules_named(names: list[str]) -> list[Rule]:
    """The rules with these names, or all, errors first."""
    from cosmodrome.doctor import RULES, rules_by_severity

    for name in names:
        if name not in RULES:
            near = get_close_matches(name, RULES, 1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "--rules lists them."
            fail(f"{name!r} is not a rule; {hint}")
    return [rule for rule in rules_by_severity() if rule.name in names or not names]
