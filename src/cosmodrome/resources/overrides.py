"""Overrides of Django REST Framework in a declared view, and which of them fragments can answer after.

The way out of a declaration is ordinary DRF: an overridden method or attribute gets what DRF would answer.
"""

from __future__ import annotations

from functools import cache
from itertools import takewhile
from typing import Any

CHECKS = frozenset(
    [
        "authentication_classes",
        "permission_classes",
        "throttle_classes",
        "get_authenticators",
        "get_permissions",
        "get_throttles",
        "check_permissions",
        "check_object_permissions",
        "check_throttles",
        "perform_authentication",
        "permission_denied",
        "throttled",
        "dispatch",
        "initial",
        "initialize_request",
        "finalize_response",
        "handle_exception",
        "list",
        "retrieve",
        "renderer_classes",
        "get_renderers",
    ]
)
"""Names that decide who gets an answer, or run around it: fragments answer after them."""
OBJECT_CHECKS = frozenset(["permission_classes", "get_permissions", "check_object_permissions"])
"""Names that may decide about single records."""
SELECTION = frozenset(["get_queryset", "filter_queryset", "filter_backends", "filterset_class"])
"""Names that decide which records are answered: fragments answer, and no selection is cached."""
DESCRIPTION = frozenset(
    ["schema", "name", "description", "get_view_name", "get_view_description", "basename", "detail", "suffix"]
)
"""Names that decide nothing about an answer's bytes."""


def overridden(view: Any, framework: Any, declared: frozenset[str]) -> frozenset[str]:
    """Returns the names of `framework` that `view` defines anew, beside those of a declaration."""
    return _overridden(view, framework, declared)


@cache
def _overridden(view: Any, framework: Any, declared: frozenset[str]) -> frozenset[str]:
    own = takewhile(lambda each: each is not framework, view.__mro__)
    names = {name for each in own for name in vars(each) if not name.startswith("__")}
    return frozenset(name for name in names if hasattr(framework, name)) - declared - DESCRIPTION
