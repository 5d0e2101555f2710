"""Checks of the declarations at start: a misspelt name fails there, in a sentence, never at a request."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core import checks
from django.core.exceptions import FieldDoesNotExist

from cosmodrome.rendering.templates import template_of
from cosmodrome.resources.ordering import column_named
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.resources.resources import Resource
from cosmodrome.resources.selections.filtersets import filterset_of
from cosmodrome.shapes.shapes import SHAPES


def check_resources(**kwargs: Any) -> list[checks.CheckMessage]:
    """Returns the errors of all declarations."""
    del kwargs
    return [
        checks.Error(problem, obj=resource, id=f"resources.E{number:03}")
        for resource in RESOURCES.values()
        for number, check in enumerate(RESOURCE_CHECKS, start=1)
        for problem in check(resource)
    ]


def mode_errors(resource: type[Resource]) -> Iterator[str]:
    """Yields the errors of shapes: columns or nested shapes that do not exist."""
    if not resource.modes:
        yield "'modes' is empty: name at least one shape, as in modes = {'normal': AgencyNormal}."
    for mode, shape in resource.modes.items():
        try:
            template_of(shape)
        except KeyError as error:
            yield f"mode '{mode}' nests the shape {error}, which is not one of {len(SHAPES)} declared."
        except Exception as error:  # noqa: BLE001 - DRF raises many kinds, each with a good sentence
            yield f"mode '{mode}': {error}"


def filter_errors(resource: type[Resource]) -> Iterator[str]:
    """Yields the error of a filter set that can't be made."""
    try:
        filterset_of(resource)
    except (TypeError, FieldDoesNotExist) as error:
        yield f"'filterset_fields': {error}"


def path_errors(resource: type[Resource]) -> Iterator[str]:
    """Yields the columns for search and ordering that do not exist."""
    for option in ("search_fields", "ordering_fields"):
        for path in getattr(resource, option) or ():
            try:
                column_named(resource.model(), path)
            except FieldDoesNotExist:
                yield f"'{option}' names '{path}', which {resource.model().__name__} does not have."


def example_errors(resource: type[Resource]) -> Iterator[str]:
    """Yields the examples that the help page lacks, or has without need."""
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


RESOURCE_CHECKS: list[Callable[[type[Resource]], Iterator[str]]] = [
    mode_errors,
    filter_errors,
    path_errors,
    example_errors,
]
