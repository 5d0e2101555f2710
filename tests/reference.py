"""The reference for rendering: DRF's serializers over plain querysets, slow and obvious.

Each row is read as it is needed, by a statement of its own, and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from unittest.mock import patch

from django.test import override_settings

from cosmodrome.resources.resources import Resource


@contextmanager
def answered_by_drf() -> Iterator[None]:
    """Lets every resource answer as one whose declaration overrides what fragments can't know of."""
    by_drf = classmethod(lambda _cls: "the reference")
    try:
        may_read_more = classmethod(lambda _cls: False)  # it reads no parameters that are declared nowhere
        with (
            patch.object(Resource, "reason_for_drf", by_drf),
            patch.object(Resource, "may_read_more", may_read_more),
            patch("cosmodrome.changes.allowance.MOST_SECONDS", inf),  # slow, as it says
            override_settings(CACHE_BYTES=0),
        ):
            yield
    finally:
        vars(Resource)["is_cacheable"].__func__.cache_clear()  # it may have been asked meanwhile
