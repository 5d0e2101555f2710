"""The way out is ordinary DRF: a declaration that overrides something gets what DRF would answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from types import ModuleType
from typing import Any, ClassVar

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import models
from django.urls import clear_url_caches, include, path
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import ReadOnlyModelViewSet
from rich.console import Console

from conftest import Api
from cosmodrome.catalogue.agencies import AgencyMini, AgencyResource
from cosmodrome.resources.overrides import DESCRIPTION
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import RESOURCE_NAMES, Resource
from cosmodrome.resources.routers import build_router
from cosmodrome.resources.schema.describe import parameters, way_of_answering
from cosmodrome.resources.store import Store
from cosmodrome.shapes.shapes import SHAPES, Nested
from cosmodrome.timeline.views import SpacecraftTimeline
from wsgi import Answer, ask, new_cache

LIST, RECORD = "/2.3.0/agencies/?limit=3", "/2.3.0/agencies/121/"
Ask = Callable[..., Answer]
Serve = Callable[[type[Resource]], Ask]


@pytest.fixture
def serve(kept: Store, one_connection: None, settings: Settings, api: Api) -> Iterator[Serve]:
    """Serves a resource in the place of the agencies, behind the response cache."""
    resources, shapes = dict(RESOURCES), dict(SHAPES)

    def serve_it(resource: type[Resource]) -> Ask:
        RESOURCES["agencies"] = resource
        RESOURCES.pop("overriding", None)
        urls = ModuleType("urls")
        urls.urlpatterns = [path("2.3.0/", include(build_router().urls))]  # type: ignore[attr-defined]
        settings.ROOT_URLCONF = urls
        clear_url_caches()
        cache = new_cache(WSGIHandler())
        return lambda target, **headers: ask(cache, target, **headers)

    yield serve_it
    RESOURCES.clear()
    RESOURCES.update(resources)
    SHAPES.clear()
    SHAPES.update(shapes)
    clear_url_caches()


def declared(**overrides: Any) -> type[Resource]:
    """The agencies, with something overridden."""
    return type("OverridingResource", (AgencyResource,), {"path": "agencies_overriding", **overrides})


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    RESOURCES.pop("agencies_overriding", None)


class KnowsTheWord(BasePermission):
    """Lets those through who say the word."""

    def has_permission(self, request: Request, view: Any) -> bool:
        del view
        return request.headers.get("X-Word") == "please"


class NotTheFirst(BasePermission):
    """Lets nobody see one of the records."""

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        del request, view
        return bool(obj.pk != 121)


def of_json(answer: Answer) -> Any:
    return json.loads(answer.body)


def served(resource: type[Resource], serve: Serve) -> Ask:
    del RESOURCES["agencies_overriding"]
    resource.path = "agencies"
    return serve(resource)


@pytest.mark.parametrize("target", [LIST, RECORD])
def test_a_permission_is_asked_for_each_call(serve: Serve, target: str) -> None:
    asked = served(declared(permission_classes=[KnowsTheWord]), serve)
    for _ in range(3):
        assert asked(target, x_word="please").status == 200
        assert asked(target).status == 401


def test_a_permission_about_single_records_is_asked(serve: Serve) -> None:
    asked = served(declared(permission_classes=[NotTheFirst]), serve)
    for _ in range(2):
        assert asked(RECORD).status == 401
        assert asked(LIST).status == 200


@pytest.mark.parametrize("target", [LIST, RECORD])
def test_a_throttle_counts_each_call(serve: Serve, target: str) -> None:
    class Twice(BaseThrottle):
        calls: ClassVar[list[str]] = []

        def allow_request(self, request: Request, view: Any) -> bool:
            del view
            self.calls.append(request.path)
            return len(self.calls) <= 2

    asked = served(declared(throttle_classes=[Twice]), serve)
    assert [asked(target).status for _ in range(4)] == [200, 200, 429, 429]


def test_a_queryset_may_read_any_parameter_and_header(serve: Serve) -> None:
    def get_queryset(self: Any) -> models.QuerySet[Any]:
        rows = AgencyResource.candidates()
        wanted = self.request.query_params.get("beginning") or self.request.headers.get("X-Beginning", "")
        found: models.QuerySet[Any] = rows.filter(name__startswith=wanted)
        return found

    asked = served(declared(get_queryset=get_queryset), serve)
    for _ in range(2):
        for letter in "NES":
            names = [
                each["name"] for each in of_json(asked(f"/2.3.0/agencies/?beginning={letter}"))["results"]
            ]
            assert names
            assert {name[0].upper() for name in names} == {letter}
            by_header = of_json(asked("/2.3.0/agencies/", x_beginning=letter))["results"]
            assert [each["name"] for each in by_header] == names
    assert asked("/2.3.0/agencies/121/?beginning=Nothing").status == 404


def agency_loud() -> Any:
    """A shape that writes the name in capitals; declared in the test, since the registry of shapes is one."""

    class AgencyLoud(AgencyMini):
        def to_representation(self, instance: Any) -> Any:
            found = super().to_representation(instance)
            return {**found, "name": found["name"].upper(), "asked": self.context["request"].path}

    return AgencyLoud


def test_a_shape_may_override_its_representation(serve: Serve) -> None:
    asked = served(declared(modes={"normal": agency_loud()}), serve)
    for _ in range(2):
        (first, *_) = of_json(asked("/2.3.0/agencies/?limit=1"))["results"]
        assert first["name"] == first["name"].upper()
        assert first["asked"] == "/2.3.0/agencies/"
        record = of_json(asked(f"/2.3.0/agencies/{first['id']}/"))
        assert record == {**first, "asked": f"/2.3.0/agencies/{first['id']}/"}


def test_so_may_a_shape_that_is_nested(serve: Serve) -> None:
    class AgencyOfTypeLoud(AgencyMini):
        type = Nested(
            type("TypeLoud", (SHAPES["AgencyType"],), {"to_representation": lambda _self, row: row.pk})
        )

    asked = served(declared(modes={"normal": AgencyOfTypeLoud}), serve)
    assert [type(each["type"]) for each in of_json(asked(LIST))["results"]] == [int] * 3


def test_a_field_may_read_the_request(serve: Serve) -> None:
    class AgencyAsked(AgencyMini):
        asked = serializers.SerializerMethodField()

        class Meta(AgencyMini.Meta):
            fields = [*AgencyMini.Meta.fields, "asked"]

        def get_asked(self, row: Any) -> str:
            return f"{row.pk} {self.context['request'].headers.get('X-Word')}"

    asked = served(declared(modes={"normal": AgencyAsked}), serve)
    for word in ("please", "thanks"):
        for each in of_json(asked(LIST, x_word=word))["results"]:
            assert each["asked"] == f"{each['id']} {word}"


def test_list_and_retrieve_may_be_overridden(serve: Serve) -> None:
    def list_agencies(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = AgencyResource.list(self, request, *args, **kwargs)
        response.headers["X-Word"] = request.headers.get("X-Word", "")
        return response

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response({"asked": kwargs["pk"], "word": request.headers.get("X-Word")})

    plain = served(declared(), serve)(LIST).body
    asked = served(declared(list=list_agencies, retrieve=retrieve), serve)
    for word in ("please", "thanks"):
        listed = asked(LIST, x_word=word)
        assert (listed.headers["x-word"], listed.body) == (word, plain)
        assert of_json(asked(RECORD, x_word=word)) == {"asked": "121", "word": word}


def test_pages_renderers_and_serializers_may_be_of_ones_own(serve: Serve) -> None:
    class Numbered(PageNumberPagination):
        page_size = 2

    class Shouting(JSONRenderer):
        def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
            return super().render({"loud": data}, *args, **kwargs)

    class JustTheName(serializers.Serializer[Any]):
        name = serializers.CharField()

    numbered = of_json(served(declared(pagination_class=Numbered), serve)("/2.3.0/agencies/?page=2"))
    assert len(numbered["results"]) == 2
    assert "page=" in numbered["previous"] or numbered["previous"].endswith("/agencies/")
    assert "loud" in of_json(served(declared(renderer_classes=[Shouting]), serve)(LIST))
    only_names = declared(get_serializer_class=lambda _self: JustTheName)
    for each in of_json(served(only_names, serve)(LIST))["results"]:
        assert list(each) == ["name"]


class NamesOnly(BaseRenderer):
    """A format of one's own."""

    media_type, format = "text/plain", "names"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> str:
        del args, kwargs
        return "\n".join(each["name"] for each in data["results"])


def test_a_format_more_is_one_line(serve: Serve) -> None:
    """Fragments answer in it; the OpenAPI document and `describe` tell of it."""
    resource = declared(renderer_classes=[*AgencyResource.renderer_classes, NamesOnly])
    assert resource.reason_for_drf() == ""
    asked = served(resource, serve)
    names = [each["name"] for each in of_json(asked(LIST))["results"]]
    assert asked(f"{LIST}&format=names").body.decode().split("\n") == names
    document: Any = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    get = document["paths"]["/2.3.0/agencies/"]["get"]
    assert list(get["responses"]["200"]["content"]) == ["application/json", "text/plain"]
    assert list(get["responses"]["404"]["content"]) == ["application/json"]
    out = StringIO()
    Console(file=out, width=200).print(parameters(resource))
    assert "json, api, names" in out.getvalue()


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({}, "answered from fragments and cached"),
        (
            {"permission_classes": [KnowsTheWord]},
            "answered from fragments and not cached: it overrides permission_classes.",
        ),
        (
            {"pagination_class": PageNumberPagination},
            "answered by DRF's serializers and not cached: OverridingResource overrides pagination_class.",
        ),
    ],
    ids=["nothing", "permissions", "pages"],
)
def test_describe_says_what_an_override_does(overrides: dict[str, Any], sentence: str) -> None:
    assert way_of_answering(declared(**overrides)) == sentence


def test_a_subresource_that_overrides_a_check_is_not_shared() -> None:
    checked: Any = type("Checked", (SpacecraftTimeline,), {"permission_classes": [KnowsTheWord]})
    assert SpacecraftTimeline.is_cacheable()
    assert not checked.is_cacheable()


def test_what_drf_renders_is_of_the_present_and_ignores_an_instant(serve: Serve) -> None:
    resource = declared(modes={"normal": agency_loud()})
    assert not resource.takes_as_of()
    asked = served(resource, serve)
    for query in ("at=1985-08-01", "at=then"):
        answer = asked(f"{LIST}&{query}")
        assert "X-As-Of" not in dict(answer.headers)
        assert of_json(answer)["results"] == of_json(asked(LIST))["results"]


NAMES = sorted(
    name
    for each in ReadOnlyModelViewSet.__mro__
    for name in vars(each)
    if not name.startswith("__") and name not in RESOURCE_NAMES | DESCRIPTION
)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_of_drf_is_overridden_no_answer_is_shared(name: str) -> None:
    resource = declared(**{name: getattr(ReadOnlyModelViewSet, name)})
    assert resource.overridden() == {name}
    assert not resource.is_cacheable()
