"""A path that is not there: the answer says which version this is, and which path was meant."""

from __future__ import annotations

import pytest

from conftest import Api
from cosmodrome.resources.registry import ENDPOINTS, RESOURCES
from cosmodrome.web.suggestions import nearest_path

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ROOT = "http://testserver/2.3.0/"


def told(api: Api, path: str) -> str:
    answer = api.get(path)
    assert answer.status_code == 404
    (detail,) = answer.json().values()
    assert list(answer.json()) == ["detail"]
    return str(detail)


@pytest.mark.parametrize(
    ("path", "tried"),
    [
        ("/2.2.0/launch/upcoming/", "launches/upcoming/"),
        ("/2.2.0/launch/upcoming", "launches/upcoming/"),
        ("/2.2.0/agencies/121/?mode=list", "agencies/121/"),
        ("/2.4.0/launches/", "launches/"),
        ("/2.3/launches/", "launches/"),
        ("/v2.3.0/launches/", "launches/"),
        ("/api/2.2.0/astronaut/", "astronauts/"),
        ("/2.2.0/", ""),
        ("/3.0.0/whatever/", ""),
        (
            "/1.4/launch/5c1f8bd2-8b7a-4c1e-9c3a-000000000000/",
            "launches/5c1f8bd2-8b7a-4c1e-9c3a-000000000000/",
        ),
    ],
)
def test_another_version_is_told_which_one_this_is(api: Api, path: str, tried: str) -> None:
    assert told(api, path) == f"Not found. This server speaks 2.3.0: try {ROOT}{tried}"
    page = api.get(path, accept=BROWSER)
    assert page.status_code == 404
    assert f"This server speaks 2.3.0: try {ROOT}{tried}" in page.content.decode()


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/2.3.0/launch/", "launches"),
        ("/2.3.0/launch", "launches"),
        ("/2.3.0/Launches/", "launches"),
        ("/launches/upcoming/", "launches/upcoming"),
        ("/api/2.3.0/launches/", "launches"),
        ("/2.3.0/space-stations/", "space_stations"),
        ("/2.3.0/config/launch_status/", "config/launch_statuses"),
        ("/2.3.0/dashboard/starships/", "dashboard/starship"),
        ("/2.3.0/agency/121/", "agencies/121"),
    ],
)
def test_a_name_that_is_nearly_one_of_ours_is_told_which(api: Api, path: str, meant: str) -> None:
    assert told(api, path) == f"Not found. Did you mean {meant}? It is at {ROOT}{meant}/"
    assert f"Did you mean {meant}?" in api.get(path, accept=BROWSER).content.decode()


def test_a_record_that_is_nearly_a_list_is_told_so(api: Api) -> None:
    assert told(api, "/2.3.0/launches/upcomming/") == (
        f"Not found. Did you mean launches/upcoming? It is at {ROOT}launches/upcoming/"
    )
    assert told(api, "/2.3.0/spacecraft/?format=xml") == "Not found."
    assert told(api, "/2.3.0/spacecraft/999999/") == "No Spacecraft matches the given query."
    assert told(api, "/2.3.0/spacecraft/0/?at=2020-01-01") == "No Spacecraft matches the given query."


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/2.3.0/zzz/", "/2.3.0/" + "9" * 5000 + "/", "/%00/", "/2.3.0/%ff/"]
)
def test_what_is_like_nothing_is_not_found_and_no_more(api: Api, path: str) -> None:
    assert told(api, path) == "Not found."


@pytest.mark.parametrize("path", [*RESOURCES, *ENDPOINTS])
def test_every_name_is_found_without_its_last_letter(path: str) -> None:
    names = [*RESOURCES, *ENDPOINTS]
    assert nearest_path(path.split("/")) == f"{path}/"
    assert nearest_path(path[:-1].split("/")).rstrip("/") in names
