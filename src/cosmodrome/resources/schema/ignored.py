"""The parameters of a request that an endpoint does not take: a header names them, or they are refused."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any
from urllib.parse import quote

from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.settings import api_settings

from cosmodrome.resources.parameters import EXTENSIONS, STRICT, SWITCH, extensions_of

IGNORED = "X-Ignored-Parameters"
"""The header that names the parameters of a request that have changed nothing."""
MODE, FORMAT = "mode", str(api_settings.URL_FORMAT_OVERRIDE)
ALIKE = 0.7
"""How alike two names are, of 1, if one may be meant by the other: `limit` is not by `omit`."""
MOST_NAMED, LONGEST_NAME = 20, 60
"""Names in that header, and characters of one, encoded; of more, three dots tell."""


@cache
def parameters_of(view: Any, is_record: bool) -> frozenset[str]:
    """Returns the parameters that a class of views takes, for a record or for all else, without `mode`."""
    return frozenset([FORMAT, *(each.name for each in extensions_of(view)), *view.taken_names(is_record)])


def ignored_names(view: Any, query: QueryDict, is_record: bool) -> list[str]:
    """Returns the parameters of a query that a class of views ignores, in their order.

    They include a `mode` that chooses nothing: of a record, or one that the view does not have.
    """
    if view.may_read_more():
        return []
    taken = parameters_of(view, is_record)
    return [name for name in query if name not in taken and not is_mode(view, name, query, is_record)]


def is_mode(view: Any, name: str, query: QueryDict, is_record: bool) -> bool:
    """Whether a parameter chooses one of the modes of a class of views."""
    return name == MODE and not is_record and query[name] in getattr(view, "modes", ())


def as_header(names: Iterable[str]) -> str:
    """Returns names as the value of a header: percent-encoded, commas between, of a bounded length."""
    named = [name for name in names if name]
    shown = [encoded(name) for name in named[:MOST_NAMED]]
    return ", ".join([*shown, *(["..."] if len(named) > MOST_NAMED else [])])


def encoded(name: str) -> str:
    """Returns a name, percent-encoded; of a long one the beginning and three dots."""
    characters = [quote(each, safe="") for each in name[:LONGEST_NAME]]
    while sum(map(len, characters)) > LONGEST_NAME:
        characters.pop()
    return "".join(characters) + ("..." if len(characters) < len(name) else "")


def refuse_ignored(view: Any, query: QueryDict, is_record: bool) -> None:
    """Raises ValidationError, with a sentence for each parameter that is ignored, if a request is strict."""
    asked = query.get(STRICT, "")
    if asked.lower() not in SWITCH:
        raise ValidationError({STRICT: ["Write 1 to have ignored parameters refused, or 0."]})
    names = ignored_names(view, query, is_record) if SWITCH[asked.lower()] else []
    if names:
        found = {name: [ignored_sentence(view, name, is_record)] for name in names[:MOST_NAMED]}
        raise ValidationError(found)


def ignored_sentence(view: Any, name: str, is_record: bool) -> str:
    """Returns why a parameter is ignored, and which was meant, as far as one can tell."""
    modes = list(getattr(view, "modes", ()))
    if name == MODE and len(modes) > 1:
        if is_record:
            return "A record has no modes: it is always detailed."
        return f"There is no such mode here: there are {', '.join(modes)}."
    if any(name == each.name for each in EXTENSIONS):
        return "It does not apply here."
    taken = parameters_of(view, is_record) | ({MODE} if len(modes) > 1 and not is_record else set())
    meant = get_close_matches(name[:LONGEST_NAME], sorted(taken), n=1, cutoff=ALIKE)
    return (
        f"There is no such parameter here: did you mean {meant[0]}?"
        if meant
        else ("There is no such parameter here: the documentation lists those that there are.")
    )
