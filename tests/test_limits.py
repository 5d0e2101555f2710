"""docs/limits.md: each value is that of the code, and each bound has its test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import reduce
from importlib import import_module
from typing import Any, NamedTuple

import pytest
from django.db import OperationalError, connection

from conftest import Api
from cosmodrome.changes import allowance
from cosmodrome.environment import PREFIX
from cosmodrome.environment.variables import SETTINGS
from cosmodrome.resources.filters import MOST_LISTED
from servers import ROOT

LIMITS = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")


class Row(NamedTuple):
    """A row of a table of limits."""

    bound: str
    value: str
    where: str
    beyond: str
    held_by: str


def rows() -> Iterator[Row]:
    """The rows of all tables, without their heads."""
    for line in LIMITS.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "bound":
            yield Row(*cells)


ROWS = list(rows())
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.bound)


def declared(where: str) -> Any:
    """What a setting is if it is not given, or what a constant is; None where the bound is not ours."""
    named = re.fullmatch(r"`([^`]+)`", where)
    if named is None:
        return None
    if named[1].startswith(PREFIX):
        return SETTINGS[named[1].removeprefix(PREFIX)].default
    file, name = named[1].split(": ")
    module = import_module("cosmodrome." + file.removesuffix(".py").replace("/", "."))
    return reduce(getattr, name.split("."), module)


def number(value: Any) -> float | None:
    """The number of a constant, of a setting's text or of a cell; None where there is none."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    found = re.match(r"[\d.]+", str(value).replace(",", "").replace("_", ""))
    return float(found[0]) if found else None


@each_row
def test_its_value_is_that_of_the_code(row: Row) -> None:
    if (value := declared(row.where)) is not None:
        assert number(row.value) == number(value)


@each_row
def test_there_is_the_test_that_holds_it(row: Row) -> None:
    named = re.findall(r"`(test_\w+\.py)::(?:\w+::)?(test_\w+)`", row.held_by)
    assert named
    for file, name in named:
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), (file, name)


@each_row
def test_it_says_what_one_gets_who_goes_beyond(row: Row) -> None:
    assert row.beyond


@pytest.mark.parametrize(
    "asked", ["launches/?mode=detailed", "spacecraft/?at=2020-01-01", "agencies/?format=api"]
)
def test_an_answer_that_takes_too_long_is_refused_in_a_sentence(
    api: Api, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = api.get(f"/2.3.0/{asked}", accept="*/*")
    with monkeypatch.context() as patch:
        patch.setattr(allowance, "MOST_SECONDS", 0.001)
        refused = api.get(f"/2.3.0/{asked}", accept="*/*")
    assert refused.status_code == 400
    assert b"seconds of the server" in refused.content
    assert api.get(f"/2.3.0/{asked}", accept="*/*").content == expected.content  # the next one has its time


def test_a_statement_that_takes_too_long_is_interrupted(
    one_connection: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has a limit of its own")
    monkeypatch.setattr(allowance, "MOST_SECONDS", 0.05)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(OperationalError), allowance.allowance(), connection.cursor() as cursor:
        cursor.execute(endless)
    with connection.cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_a_list_of_too_many_values_is_refused_in_a_sentence(api: Api) -> None:
    most = ",".join(["1"] * MOST_LISTED)
    assert api.get(f"/2.3.0/launches/?location__ids={most}").status_code == 200
    refused = api.get(f"/2.3.0/launches/?location__ids={most},1")
    assert refused.status_code == 400
    assert refused.json() == {"location__ids": [f"At most {MOST_LISTED} values may be listed."]}
