"""Pages: limit and offset, links and envelope as DRF makes them, in the original's measures."""

from rest_framework.pagination import LimitOffsetPagination


class Pages(LimitOffsetPagination):
    """Ten records when nothing is asked, a hundred at most; larger limits are cut, not refused."""

    default_limit = 10
    max_limit = 100
