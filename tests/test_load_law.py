"""Laws: what is served can be loaded and is served again; the order of files does not matter."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW, SHARED, Api, needs_shared
from cosmodrome.ingest.collection import CollectedRows
from cosmodrome.ingest.loader import load_file
from cosmodrome.resources.registry import RESOURCES
from pages import Record, catalogue, copied, emptied, envelope, examples, facts, host_aside, load

LISTS = [(path, mode) for path, resource in RESOURCES.items() for mode in resource.modes]

Page = tuple[str, str, datetime]
"""An endpoint, a page of it, and the moment it was read."""

WRAPPERS: dict[str, Callable[[str, list[Record]], str]] = {
    "an answer": lambda _, records: json.dumps(envelope(*records)),
    "an array": lambda _, records: json.dumps(records),
    "lines": lambda _, records: "\n".join(json.dumps(record) for record in records),
    "a copied page": lambda path, records: copied(envelope(*records), f"/2.3.0/{path}/"),
}


def served(api: Api, path: str, mode: str, **parameters: Any) -> list[Record]:
    records: list[Record] = api.json(path, mode=mode, limit=100, **parameters)["results"]
    return records


class TestRoundTrip:
    @pytest.mark.every
    @pytest.mark.parametrize(
        ("path", "mode"),
        [
            pytest.param(path, mode, marks=pytest.mark.slow)  # a second, for one more detailed list
            if (path, mode) == ("launches/upcoming", "detailed")
            else (path, mode)
            for path, mode in LISTS
        ],
    )
    def test_a_whole_list_is_served_as_it_was_loaded(self, api: Api, path: str, mode: str) -> None:
        records = served(api, path, mode)
        with emptied():
            report = load(json.dumps(records), NOW, endpoint=path)
            assert served(api, path, mode) == records
            again = load(json.dumps(records), NOW, endpoint=path)
        assert report.notes == []
        assert f"{len(records)} created, 0 changed, 0 unchanged" in str(report)
        assert f"0 created, 0 changed, {len(records)} unchanged" in str(again)

    @pytest.mark.parametrize("times", [pytest.param(8), pytest.param(15, marks=pytest.mark.slow)])
    def test_any_records_are_served_as_they_were_loaded(self, api: Api, times: int) -> None:
        @examples(times)
        @given(
            endpoint=st.sampled_from(LISTS),
            wrapper=st.sampled_from(sorted(WRAPPERS)),
            asked_format=st.sampled_from([{}, {"format": "json"}]),
            data=st.data(),
        )
        def holds(
            endpoint: tuple[str, str], wrapper: str, asked_format: dict[str, str], data: st.DataObject
        ) -> None:
            path, mode = endpoint
            every = served(api, path, mode, **asked_format)
            records = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=6, unique_by=by_id))
            page = WRAPPERS[wrapper](path, records)
            page = page.replace("http://testserver/", "https://ll.thespacedevs.com/")
            with emptied():
                load(page, NOW, endpoint=path)
                answers = {record["id"]: record for record in served(api, path, mode)}
            for record in records:
                assert host_aside(answers[record["id"]]) == host_aside(record)

        holds()

    @pytest.mark.slow
    @pytest.mark.parametrize("path", RESOURCES)
    def test_a_single_record_too(self, api: Api, path: str) -> None:
        for listed in api.json(path, limit=3)["results"]:
            key = listed["id"]
            record = api.json(f"{path}/{key}")
            with emptied():
                load(record, NOW, endpoint=path)
                assert api.json(f"{path}/{key}") == record


@pytest.mark.parametrize("path", RESOURCES)
def test_to_skip_copies_that_repeat_changes_nothing(api: Api, path: str) -> None:
    page = api.json(path, limit=100, mode="detailed")["results"]
    told = []
    for skips_repeats in (True, False):
        rows = CollectedRows(NOW, is_certain=True, skips_repeats=skips_repeats)
        for number, record in enumerate(page, start=1):
            rows.add(RESOURCES[path], record, number)
        rows.drop_unlisted_children()
        assert not rows.faults
        assert not rows.disagreements
        told.append({table: {key: row.kinds for key, row in of.items()} for table, of in rows.rows.items()})
    assert told[0] == told[1]


class TestAnyOrder:
    """Pages that agree with each other, read at three moments, in full and in brief."""

    MOMENTS = (NOW - timedelta(days=2), NOW - timedelta(days=1), NOW)

    CHOICES = [
        (path, mode, age) for path, mode in LISTS if not path.startswith("config/") for age in (0, 1, 2)
    ]

    @pytest.fixture
    def page(self, api: Api, settings: Any) -> Callable[[str, str, int], Page]:
        """A list in a mode as it stood so many readings ago."""

        @cache
        def read(path: str, mode: str, age: int) -> Page:
            settings.CLOCK_STOPPED_AT = moment = self.MOMENTS[-1 - age]
            text = json.dumps(aged(served(api, path, mode), age))
            settings.CLOCK_STOPPED_AT = NOW
            return path, text, moment

        return read

    @pytest.mark.parametrize("times", [pytest.param(2), pytest.param(4, marks=pytest.mark.slow)])
    def test_files_in_any_order_make_the_same_catalogue(
        self, page: Callable[[str, str, int], Page], times: int
    ) -> None:
        @examples(times)
        @given(
            chosen=st.lists(st.sampled_from(self.CHOICES), min_size=2, max_size=6, unique=True),
            order=st.randoms(use_true_random=False),
        )
        def holds(chosen: list[tuple[str, str, int]], order: Any) -> None:
            pages = [page(*choice) for choice in chosen]
            assert self.catalogue_of(pages) == self.catalogue_of(order.sample(pages, len(pages)))

        holds()

    @pytest.mark.slow
    @pytest.mark.postgresql
    def test_all_of_them_in_any_order_make_the_same_catalogue(
        self, page: Callable[[str, str, int], Page]
    ) -> None:
        pages = [page(*choice) for choice in self.CHOICES[::4]]  # a page and both loads take half a second
        shuffled = Random(1).sample(pages, len(pages))  # noqa: S311 - any order will do
        assert self.catalogue_of(shuffled) == self.catalogue_of(pages)

    @staticmethod
    def catalogue_of(pages: list[Page]) -> dict[str, list[tuple[Any, ...]]]:
        with emptied():
            for path, text, moment in pages:
                load(text, moment, endpoint=path)
            return facts()


def aged(records: Any, steps: int) -> Any:
    """`records` with counts as they were so many readings ago; every second reading is as the last."""
    if isinstance(records, list):
        return [aged(record, steps) for record in records]
    if not isinstance(records, dict):
        return records
    return {
        key: value - steps % 2 if key in ("spacecraft_flown", "total_launch_count") and value else aged(value, steps)
        for key, value in records.items()
    }  # fmt: skip


@cache
def seed(number: int) -> tuple[str, list[Record]]:
    """A real page: its file, and its records."""
    file = sorted((SHARED / "seeds").glob("*.txt"))[number]
    text = file.read_text()
    return str(file), json.loads(text[text.index("\n{") :])["results"]


@needs_shared
@pytest.mark.usefixtures("empty")
class TestRealPages:
    @pytest.mark.parametrize("number", [0, 1])
    def test_a_page_of_spacecraft_is_served_as_it_was_published(self, api: Api, number: int) -> None:
        file, records = seed(number)
        report = load_file(file)
        assert report.notes == []
        assert str(report).startswith("10 spacecraft: 10 created, 0 changed, 0 unchanged; ")
        answers = {record["id"]: record for record in served(api, "spacecraft", "normal")}
        for record in records:
            assert json.dumps(host_aside(answers[record["id"]])) == json.dumps(host_aside(record))
        before = catalogue()
        assert str(load_file(file)).startswith("10 spacecraft: 0 created, 0 changed, 10 unchanged; ")
        assert catalogue() == before

    def test_a_page_of_launches_is_served_as_it_was_published(self, api: Api) -> None:
        file = SHARED / "data" / "launches.normal.json"
        records = listed(json.loads(file.read_text()))
        assert str(load_file(str(file))).startswith("10 launches: 10 created, 0 changed, 0 unchanged; ")
        answers = {record["id"]: record for record in served(api, "launches", "normal")}
        for record in records:
            assert json.dumps(host_aside(answers[record["id"]])) == json.dumps(host_aside(record))

    def test_every_configuration_is_served_as_it_was_published(self, api: Api) -> None:
        file = SHARED / "data" / "spacecraft_configurations.detailed.json"
        records = json.loads(file.read_text())
        assert str(load_file(str(file))).startswith("46 spacecraft configurations: 46 created, ")
        answers = served(api, "spacecraft_configurations", "detailed", format="json")
        assert host_aside(sorted(answers, key=by_id)) == host_aside(sorted(records, key=by_id))
        assert [list(answer) for answer in answers] == [list(records[0])] * 46

    def test_all_of_them_in_any_order_serve_the_same(self, api: Api) -> None:
        files = [seed(0)[0], str(SHARED / "data" / "spacecraft_configurations.detailed.json"), seed(1)[0]]
        found = []
        for order in (files, files[::-1]):
            with emptied():
                for file in order:
                    load_file(file, as_of=NOW)
                found.append([len(served(api, path, "normal")) for path in RESOURCES])
        assert found[0] == found[1]


def listed(page: Any) -> list[Record]:
    """The records of a page, or of an array."""
    records: list[Record] = page["results"] if isinstance(page, dict) else page
    return records


def by_id(record: Record) -> str:
    return str(record["id"])
