"""What each list may cost, on any machine: statements, fragments rendered, bytes copied."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import Api
from cosmodrome.changes.snapshots import LAYER, published_standpoint
from cosmodrome.changes.transactions import settle
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.store import Store
from wsgi import Answer, ask, new_cache

FILE = Path(__file__).parent / "budgets.json"
LISTS = [f"{path}?mode={mode}" for path, resource in RESOURCES.items() for mode in resource.modes]
STATEMENTS, FRAGMENTS = "statements", "fragments"
MOST = 45
"""Statements that any list may take, however deep it nests: launches in mode detailed nest 45 shapes."""
COPIES = 2
"""How often a page's bytes may be in memory while it is put together: as it was, and with urls filled in."""
BESIDE = 20_000
"""Bytes that may be taken for a page beside those."""
HIT = 6000
"""Bytes that may be taken for an answer that is kept, of whatever length."""


def checked_in() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def budgets(of: str) -> dict[str, int]:
    return {asked: budget[of] for asked, budget in checked_in().items() if of in budget}


def accepted(asked: str, of: str, taken: int) -> None:
    found = checked_in()
    found.setdefault(asked, {})[of] = taken
    FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def queries(api: Api, url: str) -> list[str]:
    settle()
    published_standpoint()  # it is remembered as of when all is derived, for as long as nothing changes
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert api.get(url).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def address(asked: str, query: str) -> str:
    return f"/2.3.0/{asked.replace('?', '/?')}&{query}"


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_a_list_takes_the_statements_of_its_budget(api: Api, asked: str, accept: bool) -> None:
    few, many = (queries(api, address(asked, query)) for query in ("limit=1", "limit=100"))
    taken = max(
        few, many, key=len
    )  # a record that nests others of its table may take one more when it is alone
    if accept:
        accepted(asked, STATEMENTS, len(taken))
    assert len(taken) == budgets(STATEMENTS).get(asked), "\n".join(taken)
    assert len(taken) <= MOST


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_no_page_takes_more_than_the_budget(api: Api, asked: str) -> None:
    """But for one: the lists of a record and of one that it nests from its own table may come apart."""
    for query in ("limit=2&offset=1", "limit=7"):
        assert len(queries(api, address(asked, query))) <= budgets(STATEMENTS)[asked] + 1


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_a_list_renders_the_fragments_of_its_budget_and_none_twice(
    api: Api, kept: Store, asked: str, accept: bool
) -> None:
    api.get(address(asked, "limit=100"))
    taken = kept.fragments.rendered
    if accept:
        accepted(asked, FRAGMENTS, taken)
    assert taken == budgets(FRAGMENTS).get(asked)
    for other in ("limit=100&format=json", "limit=3&offset=1", "limit=100&unheard=of"):
        api.get(address(asked, other))
    assert kept.fragments.rendered == taken


@pytest.fixture
def asked_of(kept: Store, one_connection: None) -> Callable[[str], Answer]:
    """Asks a server that has kept whatever it may."""
    del kept, one_connection
    cache = new_cache(WSGIHandler())
    return lambda target: ask(cache, target)


def taken_by(ask_it: Callable[[], Answer]) -> tuple[Answer, int]:
    """What was answered, and the most bytes that were taken at any time for it."""
    for thread in threading.enumerate():  # a timer of another test may go off meanwhile, and take memory too
        if isinstance(thread, threading.Timer):
            thread.cancel()
            thread.join()
    tracemalloc.start()
    try:
        answer = ask_it()
        return answer, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.every
@pytest.mark.parametrize("asked", LISTS)
def test_a_page_is_copied_no_more_often_than_it_must(asked_of: Callable[[str], Answer], asked: str) -> None:
    for mark in ("a", "b"):  # made by DRF, given without
        asked_of(address(asked, f"limit=100&mark={mark}"))
    answer, taken = taken_by(lambda: asked_of(address(asked, "limit=100&mark=d")))
    assert answer.environ[LAYER] == "fragments"
    assert taken <= COPIES * len(answer.body) + BESIDE


def test_a_kept_answer_is_not_copied(asked_of: Callable[[str], Answer]) -> None:
    target = address("launches?mode=detailed", "limit=100")
    first = asked_of(target)
    asked_of(target)  # the first hit starts a timer, for the metrics
    again, taken = taken_by(lambda: asked_of(target))
    assert again.environ[LAYER] == "cache"
    assert again.body == first.body
    assert taken < HIT < len(first.body)


def test_no_budget_is_left_over() -> None:
    for of in (STATEMENTS, FRAGMENTS):
        assert sorted(budgets(of)) == sorted(LISTS)
