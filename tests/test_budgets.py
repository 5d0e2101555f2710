"""How many SQL statements each list takes: as many as are checked in, whatever the page's size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import NOW, Api
from cosmodrome.engine.changes import settle
from cosmodrome.engine.resources import RESOURCES

FILE = Path(__file__).parent / "query_budgets.json"
LISTS = [f"{path}?mode={mode}" for path, resource in RESOURCES.items() for mode in resource.modes]
MOST = 39
"""What the deepest of all takes: launches in mode detailed, which nest 45 shapes."""


def budgets() -> dict[str, int]:
    kept: dict[str, int] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return kept


def queries(api: Api, url: str) -> list[str]:
    settle(NOW)  # it is remembered as of when all is derived, for as long as nothing changes
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert api.get(f"/2.3.0/{url}").status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_a_list_takes_the_statements_of_its_budget(api: Api, asked: str, accept: bool) -> None:
    url = asked.replace("?", "/?")
    taken = queries(api, f"{url}&limit=100")
    if accept:
        FILE.write_text(json.dumps(dict(sorted({**budgets(), asked: len(taken)}.items())), indent=1) + "\n")
    assert len(taken) == budgets().get(asked), "\n".join(taken)
    assert len(taken) <= MOST


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_no_page_takes_more_than_the_budget(api: Api, asked: str) -> None:
    url = asked.replace("?", "/?")
    assert len(queries(api, f"{url}&limit=1")) <= budgets()[asked]


def test_no_budget_is_left_over() -> None:
    assert sorted(budgets()) == sorted(LISTS)
