"""Pages: limit and offset, links and envelope as DRF makes them, in the original's measures."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination


class Pages(LimitOffsetPagination):
    """Ten records when nothing is asked, a hundred at most; larger limits are cut, not refused."""

    default_limit = 10
    max_limit = 100

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        """The rows of a page: first their ids are found, then the rows are fetched with all that they nest.

        Both in one statement could join more tables than SQLite takes, and would sort wide rows.
        """
        ids: Any = super().paginate_queryset(queryset.values_list("pk", flat=True), request, view)
        rows: list[Any] = view.fetched(ids)
        return rows
