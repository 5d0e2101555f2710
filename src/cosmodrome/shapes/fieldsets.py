"""`fields=` and `omit=`: which keys an answer has.  Beyond the contract.

fields=id,name                      these two, in the contract's order
fields=id,spacecraft_config.name    of what is nested, one key
omit=description,launch_crew.id     all but these; of a list, from each of its elements
fields=status&omit=status.id        both: what is left of what is chosen

A shape with fewer keys is a shape as well: its plan fetches, and it renders, what is left and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from rest_framework.exceptions import ValidationError

from cosmodrome.shapes.graph import nested_shapes
from cosmodrome.shapes.shapes import Assembled, Shape, component_of

FIELDS, OMIT = "fields", "omit"

MOST_PATHS, LONGEST_PATH = 1000, 500
"""Bounds of what may be listed; the fullest record has about as many keys, at every depth."""
MOST_SENTENCES = 10
"""Mistakes that are told at once."""
MOST_NARROWED = 512
"""Narrowed shapes that are kept: anyone can ask for ever other keys."""

AnyShape = TypeVar("AnyShape", bound=Assembled)

Tree = dict[str, "Tree | None"]
"""The keys that paths lead to; below each, what is named of it, or None for all of it."""

Left = tuple[tuple[str, "Left | None"], ...]
"""The keys that are left of a shape, in its order; below each, what is left of it, or None for all of it."""


class Asked(Protocol):
    """The parameters of a request: Django's QueryDict."""

    def getlist(self, key: str) -> list[str]:
        """All values of a parameter."""

    def __contains__(self, key: object) -> bool:
        """Whether a parameter is there."""


def narrowed_by(shape: type[AnyShape], asked: Asked) -> type[AnyShape]:
    """`shape` with the keys that a request asks for; itself if that does not say which.

    Raises ValidationError, with a sentence for each key that there is not.
    """
    if FIELDS not in asked and OMIT not in asked:
        return shape
    fields, omitted = paths_of(FIELDS, asked), paths_of(OMIT, asked)
    if not fields and not omitted:
        return shape
    left = what_is_left(shape, tree_of(FIELDS, fields, shape) or None, tree_of(OMIT, omitted, shape))
    if left == ():
        raise ValidationError({OMIT: ["This leaves no key at all: omit less, or choose more."]})
    found: type[AnyShape] = narrowed(shape, left)
    return found


def paths_of(parameter: str, asked: Asked) -> list[str]:
    """The paths that a parameter lists, each once.  Raises ValidationError if there are too many."""
    parts = (part.strip() for value in asked.getlist(parameter) for part in value.split(","))
    paths = list(dict.fromkeys(filter(None, parts)))
    if len(paths) > MOST_PATHS or any(len(path) > LONGEST_PATH for path in paths):
        sentence = f"At most {MOST_PATHS} keys of at most {LONGEST_PATH} characters may be listed."
        raise ValidationError({parameter: [sentence]})
    return paths


def tree_of(parameter: str, paths: Iterable[str], shape: type[Assembled]) -> Tree:
    """What `paths` lead to in `shape`.  Raises ValidationError."""
    tree: Tree = {}
    mistakes = [mistake for path in paths for mistake in grow(tree, path, shape)]
    if mistakes:
        raise ValidationError({parameter: mistakes[:MOST_SENTENCES]})
    return tree


def grow(tree: Tree, path: str, shape: type[Assembled]) -> Iterator[str]:
    """Adds a path to `tree`; or tells, in a sentence, where it leads nowhere."""
    *way, last = path.split(".")
    for name in way:
        nested = nested_shapes(shape).get(name)
        if nested is None:
            yield mistake_of(name, path, shape)
            return
        branch = tree.setdefault(name, {})
        tree, shape = ({} if branch is None else branch), nested
    if last not in nested_shapes(shape):
        yield mistake_of(last, path, shape)
        return
    tree[last] = None


def mistake_of(name: str, path: str, shape: type[Assembled]) -> str:
    """What is wrong with `name` in a path, and what would be right."""
    where = "" if name == path else f"{path!r}: "
    if name in nested_shapes(shape):
        return f"{where}{name!r} of {component_of(shape)} is a value that has no keys."
    valid = ", ".join(nested_shapes(shape))
    return f"{where}{name!r} is not a key of {component_of(shape)}; valid are {valid}."


def what_is_left(shape: type[Assembled], fields: Tree | None, omitted: Tree) -> Left | None:
    """The keys of `shape` that are among `fields`, or all, and not `omitted`; None if it is whole."""
    if fields is None and not omitted:
        return None
    left: list[tuple[str, Left | None]] = []
    for key, nested in nested_shapes(shape).items():
        is_omitted = key in omitted and omitted[key] is None
        if is_omitted or (fields is not None and key not in fields):
            continue
        below = what_is_left(nested, (fields or {}).get(key), omitted.get(key) or {}) if nested else None
        left.append((key, below))
    is_whole = len(left) == len(nested_shapes(shape)) and not any(below is not None for _, below in left)
    return None if is_whole else tuple(left)


@lru_cache(MOST_NARROWED)
def narrowed(shape: Any, left: Left | None) -> Any:
    """`shape` with the keys that are left and no others, at every depth."""
    if left is None:
        return shape
    nested: Mapping[str, Any] = nested_shapes(shape)
    keys = {key: None if below is None else narrowed(nested[key], below) for key, below in left}
    members = {"keys": keys, "__module__": shape.__module__, "__doc__": shape.__doc__}
    if issubclass(shape, Shape):
        members["needed"] = shape().needed  # keys that are left out tell too whether a row can be shown
    return type(shape)(shape.__name__, (shape,), members)
