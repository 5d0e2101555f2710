"""What becomes of the catalogue when records are loaded, again and in any order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from conftest import NOW, Api
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Previous, Upcoming
from cosmodrome.shapes.shapes import required_columns
from pages import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    agency,
    catalogue,
    configuration,
    country,
    craft,
    envelope,
    facts,
    family,
    image,
    load,
    social_link,
    variant,
)

pytestmark = pytest.mark.usefixtures("empty")


class TestLoadingAgain:
    def test_the_same_page_changes_nothing_and_says_so(self) -> None:
        page = [craft(1, in_space=True), craft(2), agency(1, "detailed", country=[country(2), country(1)])]
        load(page, MONDAY)
        before = catalogue()
        assert str(load(page, MONDAY)) == (
            "2 spacecraft: 0 created, 0 changed, 2 unchanged; 1 agency: 0 created, 0 changed, 1 unchanged; "
            "13 nested in them: 0 created, 0 changed, 13 unchanged"
        )
        assert catalogue() == before

    def test_one_other_value_changes_one_record(self) -> None:
        load([craft(1), craft(2)])
        report = load([craft(1), craft(2, name="Renamed")])
        assert str(report).startswith("2 spacecraft: 0 created, 1 changed, 1 unchanged; ")

    def test_nested_objects_are_created_and_changed_like_others(self) -> None:
        assert str(load([craft(1)])).endswith("; 9 nested in them: 9 created, 0 changed, 0 unchanged")
        renamed = agency(1, name="Renamed")
        report = load([craft(1, spacecraft_config=configuration(1, agency=renamed, family=[]))])
        assert str(report) == (
            "1 spacecraft: 0 created, 0 changed, 1 unchanged; "
            "8 nested in them: 0 created, 2 changed, 6 unchanged"  # the agency, and a family less
        )
        assert report.notes == []


class TestFullAndBriefRecords:
    def test_a_brief_record_wipes_nothing_of_a_full_one(self, api: Api) -> None:
        load([agency(1, "detailed")])
        full = api.json("agencies/1")
        for mode in ("list", "normal"):
            assert str(load([agency(1, mode)])).startswith("1 agency: 0 created, 0 changed, 1 unchanged")
        load([craft(1)])
        assert api.json("agencies/1") == full | {"spacecraft_list": api.json("agencies/1")["spacecraft_list"]}

    def test_a_brief_record_brings_its_own_values(self, api: Api) -> None:
        load([configuration(1, "detailed")])
        load([configuration(1, name="Renamed")])
        answer = api.json("spacecraft_configurations/1")
        assert (answer["name"], answer["capability"]) == ("Renamed", "Cargo")

    def test_a_full_record_completes_a_brief_one(self, api: Api) -> None:
        load([craft(1)])
        load([configuration(1, "detailed")])
        answer = api.json("spacecraft_configurations/1")
        assert answer["capability"] == "Cargo"
        assert answer["family"][0]["spacecraft_flown"] == 1
        assert answer["agency"]["administrator"] == "Someone"

    def test_null_is_a_value(self, api: Api) -> None:
        load([craft(1)])
        load([craft(1, image=None, serial_number=None)])
        assert api.json("spacecraft/1")["image"] is None

    def test_keys_that_are_missing_leave_their_columns_alone(self, api: Api) -> None:
        load([craft(1, serial_number="S1")])
        load([{"id": 1, "name": "Renamed"}], endpoint="spacecraft")
        answer = api.json("spacecraft/1")
        assert (answer["name"], answer["serial_number"]) == ("Renamed", "S1")

    def test_a_record_without_a_mode_may_have_the_keys_of_the_fullest(self, api: Api) -> None:
        record = agency(1, "detailed")
        del record["response_mode"]
        load([record])
        assert api.json("agencies/1")["total_launch_count"] == 5


class TestReferences:
    def test_an_object_of_only_an_id_refers_to_the_catalogue(self, api: Api) -> None:
        load([configuration(1)])
        report = load([craft(1, spacecraft_config={"id": 1}, image=None)])
        assert str(report) == (
            "1 spacecraft: 1 created, 0 changed, 0 unchanged; "
            "1 nested in them: 1 created, 0 changed, 0 unchanged"
        )
        assert api.json("spacecraft/1")["spacecraft_config"]["name"] == "Configuration 1"

    def test_or_to_another_record_of_the_file_before_or_after_it(self, api: Api) -> None:
        load([craft(1, spacecraft_config={"id": 5}), configuration(5), craft(2, spacecraft_config={"id": 5})])
        assert api.json("spacecraft/1")["spacecraft_config"] == api.json("spacecraft/2")["spacecraft_config"]

    def test_in_lists_too(self, api: Api) -> None:
        load([family(1), family(2)], endpoint="spacecraft_configuration_families")
        load([configuration(1, family=[{"id": 2}, {"id": 1}])])
        assert [item["id"] for item in api.json("spacecraft_configurations/1")["family"]] == [2, 1]


class TestLists:
    @pytest.mark.parametrize("order", [[1, 2, 3], [3, 1, 2], [2, 3, 1], [2], []])
    def test_their_order_is_kept(self, api: Api, order: list[int]) -> None:
        load([agency(1, "normal", country=[country(3), country(2), country(1)])])
        load([agency(1, "normal", country=[country(key) for key in order])])
        assert [item["id"] for item in api.json("agencies/1")["country"]] == order

    def test_another_order_is_a_change(self) -> None:
        load([agency(1, "normal", country=[country(1), country(2)])])
        report = load([agency(1, "normal", country=[country(2), country(1)])])
        assert str(report).startswith("1 agency: 0 created, 1 changed, 0 unchanged")

    def test_what_is_listed_twice_is_listed_once(self, api: Api) -> None:
        load([agency(1, "normal", country=[country(1), country(1)])])
        assert [item["id"] for item in api.json("agencies/1")["country"]] == [1]

    def test_countries_that_are_listed_no_more_live_on(self) -> None:
        load([agency(1, "normal", country=[country(1), country(2)])])
        load([agency(1, "normal", country=[])])
        assert len(catalogue()["Country"]) == 2

    def test_variants_of_images_that_are_listed_no_more_are_gone(self, api: Api) -> None:
        load([craft(1, image=image(1, variants=[variant(1), variant(2)]))])
        report = load([craft(1, image=image(1, variants=[variant(2), variant(3)]))])
        assert [item["id"] for item in api.json("spacecraft/1")["image"]["variants"]] == [2, 3]
        assert len(catalogue()["ImageVariant"]) == 2
        assert ": 1 created, 1 changed, " in str(report).partition("nested in them")[2]

    def test_links_of_an_agency_and_of_a_person_stand_beside_each_other(self, api: Api) -> None:
        person = {
            "id": 1,
            "name": "Someone",
            "status": {"id": 1, "name": "Active"},
            "type": {"id": 1, "name": "Government"},
            "social_media_links": [social_link(2)],
        }
        crew = [{"id": 1, "role": {"id": 1, "role": "Pilot", "priority": 0}, "astronaut": person}]
        flight = {"id": 1, "mission_end": None, "spacecraft": craft(1), "launch_crew": crew}
        launch = {
            "response_mode": "detailed",
            "id": "00000000-0000-0000-0000-00000000a001",
            "name": "Both",
            "net": "2026-01-01T00:00:00Z",
            "window_start": "2026-01-01T00:00:00Z",
            "window_end": "2026-01-01T00:00:00Z",
            "last_updated": "2026-01-01T00:00:00Z",
            "launch_service_provider": agency(1, "detailed", social_media_links=[social_link(1)]),
            "rocket": {"id": 1, "configuration": {"id": 1, "name": "R"}, "spacecraft_stage": [flight]},
        }
        assert "1 launch: 1 created" in str(load([launch], endpoint="launches"))
        assert api.json("agencies/1")["social_media_links"] == [social_link(1)]
        assert api.json("astronauts/1")["social_media_links"] == [social_link(2)]

    def test_links_in_social_media_that_are_listed_no_more_are_gone(self, api: Api) -> None:
        load([agency(1, "detailed", social_media_links=[social_link(1), social_link(2)])])
        report = load([agency(1, "detailed", social_media_links=[social_link(2)])])
        assert api.json("agencies/1")["social_media_links"] == [social_link(2)]
        assert str(report).startswith("1 agency: 0 created, 1 changed, 0 unchanged")

    def test_other_records_variants_stay(self) -> None:
        both = [craft(key, image=image(key, variants=[variant(key)])) for key in (1, 2)]
        load(both, MONDAY)
        load([craft(1, image=image(1, variants=[]))], TUESDAY)
        assert [row[0] for row in catalogue()["ImageVariant"]] == [2]

    def test_spacecraft_that_an_agency_lists_no_more_live_on(self, api: Api) -> None:
        load(
            [
                agency(
                    1,
                    "detailed",
                    spacecraft_list=[configuration(1, "detailed"), configuration(2, "detailed")],
                )
            ]
        )
        load([agency(1, "detailed", spacecraft_list=[])])
        assert [item["id"] for item in api.json("agencies/1")["spacecraft_list"]] == [1, 2]


class TestCopiesThatDisagree:
    def test_the_last_nested_copy_is_kept_and_noted(self, api: Api) -> None:
        report = load([craft(1, image=image(1, credit="One")), craft(2, image=image(1, credit="Two"))])
        assert api.json("spacecraft/1")["image"]["credit"] == "Two"
        assert report.notes == [
            "Copies of one record differ within the file: spacecraft 2: image.credit (the last value is kept)."
        ]

    @pytest.mark.parametrize("turned", [False, True])
    def test_the_records_own_value_is_kept_and_noted(self, api: Api, turned: bool) -> None:
        page = [agency(1, name="Own"), configuration(1, agency=agency(1, name="Nested"), family=[])]
        report = load(page[::-1] if turned else page)
        assert api.json("agencies/1")["name"] == "Own"
        place = "agencies 1: name" if turned else "spacecraft_configurations 1: agency.name"
        assert report.notes == [
            f"Copies of one record differ within the file: {place} (the record's own value is kept)."
        ]

    def test_a_long_list_of_them_is_cut(self) -> None:
        report = load([craft(key, image=image(1, credit=str(key))) for key in range(1, 9)])
        [note] = report.notes
        assert note.endswith("spacecraft 6: image.credit (the last value is kept) and 2 more.")

    def test_a_variant_that_two_images_claim_is_the_last_ones_and_noted(self, api: Api) -> None:
        report = load([craft(key, image=image(key, variants=[variant(1)])) for key in (1, 2)])
        assert api.json("spacecraft/1")["image"]["variants"] == []
        assert api.json("spacecraft/2")["image"]["variants"] == [variant(1)]
        [note] = report.notes
        assert note.endswith(" within the file: spacecraft 2: image.variants[0] (the last value is kept).")

    def test_loading_them_again_changes_nothing(self) -> None:
        page = [
            craft(1, image=image(1, variants=[variant(1), variant(2)])),
            craft(2, image=image(1, variants=[variant(2), variant(3)])),
            craft(3, image=image(2, variants=[variant(3)])),
        ]
        load(page, MONDAY)
        before = catalogue()
        report = load(page, MONDAY)
        assert catalogue() == before
        assert "0 created, 0 changed" in str(report).partition("nested in them")[2]

    def test_keys_that_the_contract_does_not_have_are_noted(self) -> None:
        report = load([craft(1, colour="red", image=image(1, size=5))])
        assert report.notes == ["Not in the contract, and left out: Image.size, SpacecraftNormal.colour."]


class TestTotals:
    """Published totals are kept together with the moment they were read."""

    @staticmethod
    def loaded(api: Api, *readings: tuple[int, datetime]) -> int:
        for count, moment in readings:
            load([craft(1, flights_count=count)], moment)
        answer = api.json("spacecraft/1")
        return int(answer["flights_count"])

    def test_newer_ones_replace_older_ones(self, api: Api) -> None:
        assert self.loaded(api, (1, MONDAY), (2, TUESDAY)) == 2

    def test_older_ones_never_replace_newer_ones(self, api: Api) -> None:
        assert self.loaded(api, (2, TUESDAY), (1, MONDAY)) == 2

    def test_at_the_same_moment_the_last_are_kept(self, api: Api) -> None:
        assert self.loaded(api, (1, MONDAY), (2, MONDAY)) == 2

    def test_the_same_totals_read_later_are_as_new_as_that(self, api: Api) -> None:
        assert self.loaded(api, (1, MONDAY), (1, WEDNESDAY), (2, TUESDAY)) == 1
        assert self.loaded(api, (1, MONDAY)) == 1

    def test_that_the_same_were_read_later_is_no_change_to_tell_of(self) -> None:
        load([craft(1)], MONDAY)
        assert str(load([craft(1)], TUESDAY)).startswith("1 spacecraft: 0 created, 0 changed, 1 unchanged")

    def test_the_same_totals_read_earlier_stay_as_new_as_they_are(self, api: Api) -> None:
        assert self.loaded(api, (1, WEDNESDAY), (1, MONDAY), (2, TUESDAY)) == 1

    def test_that_older_ones_were_left_out_is_noted(self) -> None:
        load([craft(1), craft(2), craft(3)], TUESDAY)
        report = load([craft(1, flights_count=9), craft(2, flights_count=9), craft(3)], MONDAY)
        assert report.notes == ["Facts of 2 records stay that a page told later than this file does."]
        assert str(report).startswith("3 spacecraft: 0 created, 0 changed, 3 unchanged")

    def test_an_older_page_tells_nothing_that_a_newer_one_has_told(self, api: Api) -> None:
        load([craft(1)], TUESDAY)
        load([craft(1, flights_count=9, name="Renamed")], MONDAY)
        answer = api.json("spacecraft/1")
        assert (answer["name"], answer["flights_count"]) == ("Craft 1", 1)

    def test_nested_totals_have_their_moment_too(self, api: Api) -> None:
        load([configuration(1, "detailed")], TUESDAY)
        page = configuration(1, "detailed")
        page["family"][0]["spacecraft_flown"] = 9
        load([page], MONDAY)
        assert api.json("spacecraft_configuration_families/1")["spacecraft_flown"] == 1
        load([page], WEDNESDAY)
        assert api.json("spacecraft_configuration_families/1")["spacecraft_flown"] == 9

    def test_a_record_that_has_none_of_them_leaves_their_moment_alone(self, api: Api) -> None:
        load([configuration(1, "detailed", spacecraft_flown=3)], MONDAY)
        load([configuration(1)], WEDNESDAY)
        load([configuration(1, "detailed", spacecraft_flown=4)], TUESDAY)
        assert api.json("spacecraft_configurations/1")["spacecraft_flown"] == 4


class TestCraftInSpace:
    @staticmethod
    def time_in_space(api: Api) -> str:
        return str(api.json("spacecraft/1")["time_in_space"])

    def test_it_goes_on_from_the_moment_its_page_was_read(self, api: Api, settings: Any) -> None:
        load([craft(1, in_space=True)], NOW - timedelta(days=1, seconds=5))
        assert self.time_in_space(api) == "P11DT5S"
        settings.CLOCK_STOPPED_AT = NOW + timedelta(hours=2)
        assert self.time_in_space(api) == "P11DT2H5S"

    def test_it_stops_when_it_is_read_to_have_landed(self, api: Api) -> None:
        load([craft(1, in_space=True)], MONDAY)
        load([craft(1, in_space=False, time_in_space="P10DT8H")], TUESDAY)
        assert self.time_in_space(api) == "P10DT8H"

    def test_it_does_not_take_off_again_by_an_older_page(self, api: Api) -> None:
        load([craft(1, in_space=False, time_in_space="P10DT8H")], TUESDAY)
        load([craft(1, in_space=True)], MONDAY)
        assert self.time_in_space(api) == "P10DT8H"

    def test_readings_of_two_days_agree_in_any_order(self, api: Api) -> None:
        readings = [("P10D", MONDAY), ("P11D", TUESDAY)]
        for order in (readings, readings[::-1]):
            for time, moment in order:
                load([craft(1, in_space=True, time_in_space=time)], moment)
            assert self.time_in_space(api) == "P21D"

    def test_the_same_page_piped_in_twice_changes_nothing(self) -> None:
        page = envelope(craft(1, in_space=True))
        load(page, file_time=MONDAY)
        before = catalogue()
        assert "1 unchanged" in str(load(page, file_time=TUESDAY)).partition(";")[0]
        assert catalogue() == before

    def test_a_moment_that_was_too_late_is_put_right_by_an_earlier_one(self, api: Api) -> None:
        page = envelope(craft(1, in_space=True))
        load(page, file_time=NOW)
        load(page, file_time=NOW - timedelta(days=2))
        assert self.time_in_space(api) == "P12D"

    def test_or_by_a_person(self, api: Api) -> None:
        page = envelope(craft(1, in_space=True))
        load(page, file_time=NOW - timedelta(days=2))
        report = load(page, NOW - timedelta(days=1))
        assert self.time_in_space(api) == "P11D"
        assert str(report).startswith("1 spacecraft: 0 created, 1 changed, 0 unchanged")

    def test_it_goes_on_when_a_page_tells_its_time_and_not_whether_it_flies(self, api: Api) -> None:
        load([craft(1, in_space=True)], MONDAY)
        load([{"id": 1, "time_in_space": "P11D"}], NOW - timedelta(days=1), endpoint="spacecraft")
        assert self.time_in_space(api) == "P12D"

    def test_one_whose_time_is_not_known_goes_nowhere(self, api: Api) -> None:
        load([craft(1, in_space=True, time_in_space=None)], MONDAY)
        assert api.json("spacecraft/1")["time_in_space"] is None


class TestNamesOfParents:
    CHILD = agency(2, "normal", parent="Agency 1")

    @staticmethod
    def parents() -> list[Any]:
        from django.apps import apps

        table = apps.get_model("catalogue", "Agency")._default_manager
        return list(table.order_by("pk").values_list("parent_id", flat=True))

    @pytest.mark.parametrize("mode", ["list", "normal", "detailed"])
    @pytest.mark.parametrize("turned", [False, True])
    def test_a_parent_is_found_whichever_comes_first(self, mode: str, turned: bool, api: Api) -> None:
        pages = [[agency(1, mode)], [self.CHILD]]
        for page in pages[::-1] if turned else pages:
            load(page)
        assert self.parents() == [None, 1]
        assert api.json("agencies/2")["parent"] == "Agency 1"

    def test_also_in_one_file(self) -> None:
        load([self.CHILD, agency(1)])
        assert self.parents() == [None, 1]

    def test_also_when_the_parent_comes_nested(self) -> None:
        load([self.CHILD])
        load([craft(1)])
        assert self.parents() == [None, 1]

    def test_a_parent_that_never_comes_keeps_its_name(self, api: Api) -> None:
        load([self.CHILD])
        assert self.parents() == [None]
        assert api.json("agencies/2")["parent"] == "Agency 1"

    @pytest.mark.parametrize("order", [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    def test_a_name_that_two_agencies_have_names_none_of_them(self, order: list[int], api: Api) -> None:
        pages = [self.CHILD, agency(1), agency(3, name="Agency 1")]
        for index in order:
            load([pages[index]])
        assert self.parents() == [None, None, None]
        assert api.json("agencies/2")["parent"] == "Agency 1"

    def test_an_agency_that_gets_another_parent(self) -> None:
        load([agency(1), agency(3), self.CHILD], MONDAY)
        report = load([agency(2, "normal", parent="Agency 3")], TUESDAY)
        assert self.parents() == [None, 3, None]
        assert str(report).startswith("1 agency: 0 created, 1 changed")
        load([agency(2, "normal", parent=None)], WEDNESDAY)
        assert self.parents() == [None, None, None]

    def test_a_parent_that_is_renamed_stays_the_parent(self, api: Api) -> None:
        load([agency(1), self.CHILD], MONDAY)
        load([agency(1, name="Renamed")], TUESDAY)
        load([configuration(1, agency=agency(2), family=[])])
        assert api.json("agencies/2")["parent"] == "Renamed"

    def test_loading_again_changes_nothing(self) -> None:
        load([agency(1), self.CHILD], MONDAY)
        before = facts()
        assert str(load([self.CHILD], MONDAY)).startswith("1 agency: 0 created, 0 changed, 1 unchanged")
        assert facts() == before


WAITING = [
    path
    for path, resource in RESOURCES.items()
    if required_columns(resource.model()) and not issubclass(resource, Upcoming | Previous)
]
"""Endpoints whose lists have only records of which enough is known."""


class TestNamedOnly:
    """What is loaded is listed, or the report says why not."""

    @pytest.mark.parametrize("path", WAITING)
    def test_a_record_that_lacks_what_lists_need_is_named_in_the_report(self, path: str, api: Api) -> None:
        model = RESOURCES[path].model()
        lacks = required_columns(model)
        key = str(UUID(int=7)) if path == "launches" else 7
        record: dict[str, Any] = {"id": key, "name": "X"}
        if path == "astronauts":  # whose table lets none be without
            record["status"] = {"id": 1, "name": "Active"}
        columns = [column for column in model._meta.concrete_fields if column.attname in lacks]
        said = ", ".join(column.name for column in columns)
        assert (
            str(load([record], endpoint=path))
            .split("; ")[0]
            .endswith(f": 1 created, 0 changed, 0 unchanged, 1 named only: lacks {said} ({key})")
        )
        assert api.json(path)["count"] == 0
        assert "named only" in str(load([record], endpoint=path))

    def test_a_record_that_is_completed_is_listed(self, api: Api) -> None:
        body = {"id": 1, "name": "Earth", "response_mode": "list"}
        load([{"id": 7, "name": "X"}], endpoint="locations")
        report = load([{"id": 7, "celestial_body": body}], endpoint="locations")
        assert "named only" not in str(report)
        assert api.json("locations")["count"] == 1
