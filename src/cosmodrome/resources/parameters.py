"""Query parameters beyond the contract, each declared once.

The OpenAPI document, `cosmodrome describe`, the bypass past Django and the tests of the documentation read
these declarations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter, methodcaller
from typing import Any

from cosmodrome.shapes.fieldsets import FIELDS, OMIT
from cosmodrome.time import as_of


@dataclass(frozen=True)
class Parameter:
    """A parameter of a request that Launch Library does not have."""

    name: str
    values: str
    """The accepted values, in few words."""
    meaning: str
    """The description in the OpenAPI document."""
    is_taken_by: Callable[[Any], bool] = lambda _view: True
    """Whether a view, or its class, takes it; others ignore it as any unknown parameter."""


KEYS = "any keys of the shape, by their paths"
PATHS = (
    "Paths with commas between, as `id,name,status.name`; of a list, each element's. "
    "What a generated client takes for required may then be missing."
)
STRICT = "strict"
SWITCH = {"1": True, "true": True, "0": False, "false": False, "": False}
"""The values of `strict`, in lower case."""
EXTENSIONS = (
    Parameter(as_of.PARAMETER, "now, a date, or an instant", as_of.MEANING, methodcaller("takes_as_of")),
    Parameter(FIELDS, KEYS, f"The only keys of a record to answer. {PATHS}", attrgetter("is_counted")),
    Parameter(OMIT, KEYS, f"Keys to leave out. {PATHS}", attrgetter("is_counted")),  # not of `api-throttle`
    Parameter(
        STRICT,
        "1 or 0",
        "With `1`, a parameter that would be ignored is a 400 that says which was meant; "
        "else the header `X-Ignored-Parameters` names it.",
    ),
)
EXTENSION_NAMES = frozenset(each.name for each in EXTENSIONS)


def extensions_of(view: Any) -> list[Parameter]:
    """Returns the parameters beyond the contract that a view, or its class, takes."""
    return [each for each in EXTENSIONS if each.is_taken_by(view)]
