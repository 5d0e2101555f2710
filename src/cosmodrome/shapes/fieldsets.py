"""Sparse fieldsets: `fields=` and `omit=` choose the keys of an answer.  The contract does not have them.

fields=id,name                      these two, in the contract's order
fields=id,spacecraft_config.name    one key of a nested record
omit=description,launch_crew.id     all keys but these; of a list, in each of its elements
fields=status&omit=status.id        both: `omit` is taken from what `fields` chooses

A shape with fewer keys is a shape of its own: only the remaining keys are fetched and rendered.
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
"""Limits of a parameter; the largest record has about as many keys, over all depths."""
MOST_ERRORS = 10
"""Errors in one answer."""
MOST_NARROWED = 512
"""Narrowed shapes that are cached: clients can ask for ever new combinations of keys."""

AnyShape = TypeVar("AnyShape", bound=Assembled)

Tree = dict[str, "Tree | None"]
"""The keys that paths lead to; for each, the tree of its nested keys, or None for all of them."""

Fieldset = tuple[tuple[str, "Fieldset | None"], ...]
"""The remaining keys of a shape, in its order; with each, the fieldset of what it nests, or None for all."""


class Parameters(Protocol):
    """The parameters of a request: Django's QueryDict."""

    def getlist(self, key: str) -> list[str]:
        """Returns all values of a parameter."""

    def __contains__(self, key: object) -> bool:
        """Whether the request has a parameter."""


def narrowed_by(shape: type[AnyShape], parameters: Parameters) -> type[AnyShape]:
    """Returns `shape` with the keys that a request asks for, or `shape` itself if it asks for all.

    Raises ValidationError, with a sentence for each path that leads to no key.
    """
    if FIELDS not in parameters and OMIT not in parameters:
        return shape
    fields, omitted = paths_of(FIELDS, parameters), paths_of(OMIT, parameters)
    if not fields and not omitted:
        return shape
    fieldset = fieldset_of(shape, tree_of(FIELDS, fields, shape) or None, tree_of(OMIT, omitted, shape))
    if fieldset == ():
        raise ValidationError({OMIT: ["This leaves no key at all: omit less, or choose more."]})
    found: type[AnyShape] = narrowed_shape(shape, fieldset)
    return found


def paths_of(parameter: str, parameters: Parameters) -> list[str]:
    """Returns the paths that a parameter lists, each once.  Raises ValidationError if there are too many."""
    parts = (part.strip() for value in parameters.getlist(parameter) for part in value.split(","))
    paths = list(dict.fromkeys(filter(None, parts)))
    if len(paths) > MOST_PATHS or any(len(path) > LONGEST_PATH for path in paths):
        sentence = f"At most {MOST_PATHS} keys of at most {LONGEST_PATH} characters may be listed."
        raise ValidationError({parameter: [sentence]})
    return paths


def tree_of(parameter: str, paths: Iterable[str], shape: type[Assembled]) -> Tree:
    """Returns the tree of the keys of `shape` that paths lead to.  Raises ValidationError."""
    tree: Tree = {}
    errors = [error for path in paths for error in add_path(tree, path, shape)]
    if errors:
        raise ValidationError({parameter: errors[:MOST_ERRORS]})
    return tree


def add_path(tree: Tree, path: str, shape: type[Assembled]) -> Iterator[str]:
    """Adds a path to `tree`; yields a sentence if it leads to no key of `shape`."""
    *above, last = path.split(".")
    for name in above:
        nested = nested_shapes(shape).get(name)
        if nested is None:
            yield error_sentence(name, path, shape)
            return
        branch = tree.setdefault(name, {})
        tree, shape = ({} if branch is None else branch), nested
    if last not in nested_shapes(shape):
        yield error_sentence(last, path, shape)
        return
    tree[last] = None


def error_sentence(name: str, path: str, shape: type[Assembled]) -> str:
    """Returns a sentence that says why `name` in a path is wrong, and which names would be right."""
    where = "" if name == path else f"{path!r}: "
    if name in nested_shapes(shape):
        return f"{where}{name!r} of {component_of(shape)} is a value that has no keys."
    valid = ", ".join(nested_shapes(shape))
    return f"{where}{name!r} is not a key of {component_of(shape)}; valid are {valid}."


def fieldset_of(shape: type[Assembled], fields: Tree | None, omitted: Tree) -> Fieldset | None:
    """Returns the keys of `shape` that are in `fields`, if given, and not in `omitted`; None if all are."""
    if fields is None and not omitted:
        return None
    remaining: list[tuple[str, Fieldset | None]] = []
    for key, nested in nested_shapes(shape).items():
        is_omitted = key in omitted and omitted[key] is None
        if is_omitted or (fields is not None and key not in fields):
            continue
        below = fieldset_of(nested, (fields or {}).get(key), omitted.get(key) or {}) if nested else None
        remaining.append((key, below))
    is_whole = len(remaining) == len(nested_shapes(shape)) and all(below is None for _, below in remaining)
    return None if is_whole else tuple(remaining)


@lru_cache(MOST_NARROWED)
def narrowed_shape(shape: Any, fieldset: Fieldset | None) -> Any:
    """Returns `shape` with the keys of a fieldset, at every depth."""
    if fieldset is None:
        return shape
    nested: Mapping[str, Any] = nested_shapes(shape)
    keys = {key: None if below is None else narrowed_shape(nested[key], below) for key, below in fieldset}
    members = {"keys": keys, "__module__": shape.__module__, "__doc__": shape.__doc__}
    if issubclass(shape, Shape):
        members["needed"] = shape().needed  # omitted columns too decide whether a row can be shown
    return type(shape)(shape.__name__, (shape,), members)
