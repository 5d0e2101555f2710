"""A misspelt name in a declaration fails at start, in a sentence, never at a request."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core import checks
from django.core.exceptions import FieldDoesNotExist

from cosmodrome.rendering.templates import template_of
from cosmodrome.resources.ordering import column_named
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource, filterset_of
from cosmodrome.shapes.shapes import SHAPES


def check_resources(**kwargs: Any) -> list[checks.CheckMessage]:
    """Every problem in the declarations, all at once."""
    del kwargs
    return [
        checks.Error(problem, obj=resource, id=f"resources.E{number:03}")
        for resource in RESOURCES.values()
        for number, check in enumerate(CHECKS, start=1)
        for problem in check(resource)
    ]


def modes_hold(resource: type[Resource]) -> Iterator[str]:
    """Each mode's shape can be built: its fields exist, and so do the shapes it nests."""
    if not resource.modes:
        yield "'modes' is empty: name at least one shape, as in modes = {'normal': AgencyNormal}."
    for mode, shape in resource.modes.items():
        try:
            template_of(shape)
        except KeyError as error:
            yield f"mode '{mode}' nests the shape {error}, which is not one of {len(SHAPES)} declared."
        except Exception as error:  # noqa: BLE001 - DRF raises many kinds, each with a good sentence
            yield f"mode '{mode}': {error}"


def filters_hold(resource: type[Resource]) -> Iterator[str]:
    """The filter set can be made."""
    try:
        filterset_of(resource)
    except (TypeError, FieldDoesNotExist) as error:
        yield f"'filterset_fields': {error}"


def paths_hold(resource: type[Resource]) -> Iterator[str]:
    """What is searched and ordered by exists."""
    for option in ("search_fields", "ordering_fields"):
        for path in getattr(resource, option) or ():
            try:
                column_named(resource.model(), path)
            except FieldDoesNotExist:
                yield f"'{option}' names '{path}', which {resource.model().__name__} does not have."


def examples_hold(resource: type[Resource]) -> Iterator[str]:
    """The help page has an example for whatever it offers."""
    offered = {
        "filter": resource.filterset_fields or resource.filters,
        "search": resource.search_fields,
        "ordering": resource.ordering_fields,
    }
    for option, declared in offered.items():
        if declared and option not in resource.examples:
            yield f"'examples' has none for '{option}', and the help page needs one."
    for option in resource.examples:
        if not offered.get(option):
            yield f"'examples' has one for '{option}', which the resource does not offer."


def as_of_holds(resource: type[Resource]) -> Iterator[str]:
    """`?at=` is answered from templates, which know what rows were; DRF's serializers show what they are."""
    if not resource.supports_as_of or any(modes_hold(resource)):
        return
    if reason := resource.reason_for_drf():
        yield f"'supports_as_of' can't hold, since DRF renders the answers, as of now: {reason}"


CHECKS: list[Callable[[type[Resource]], Iterator[str]]] = [
    modes_hold,
    filters_hold,
    paths_hold,
    examples_hold,
    as_of_holds,
]
