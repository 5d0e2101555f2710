"""`api-throttle`: how many calls the caller has left.  Requests for it are not counted."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from cosmodrome.access.callers import caller_of
from cosmodrome.access.rates import MOST_CALLS, Rate
from cosmodrome.access.usage import window_of
from cosmodrome.resources.schema.openapi import ERROR_RESPONSES, ContractSchema
from cosmodrome.resources.views import ReadOnly

NO_LIMIT = Rate(MOST_CALLS, 60 * 60)
"""The rate in the response when none applies, since the contract has only integers: more than anyone calls.

No calls are counted then, so `current_use` is 0, and the difference is what a client may call.
"""


@extend_schema_serializer(many=False)
class APIThrottle(serializers.Serializer):
    """The contract's component."""

    your_request_limit = serializers.IntegerField()
    limit_frequency_secs = serializers.IntegerField()
    current_use = serializers.IntegerField()
    next_use_secs = serializers.IntegerField()
    ident = serializers.CharField()


class ThrottleStatus(ReadOnly, ViewSet):
    """One object, as the service answers: its OpenAPI document says an array, by a slip of its generator."""

    schema = ContractSchema()
    is_counted = False

    def get_view_name(self) -> str:
        """The heading of the browsable page."""
        return "API Throttle"

    @extend_schema(
        summary="Get API Throttle Status",
        description="API endpoint that allows API Throttle information to be viewed.\n\n"
        "GET:\nReturns a range of information about your API access",
        tags=["Throttle", "Api-throttle"],
        operation_id="api_throttle_list",
        responses={"200": OpenApiResponse(APIThrottle(), ""), "401": ERROR_RESPONSES["401"]},
    )
    def list(self, request: Request) -> Response:
        """Returns the caller's limit, and how much of it is used."""
        caller = caller_of(request)
        rate = caller.rate or NO_LIMIT
        used, wait = 0, 0
        if caller.rate:
            window = window_of(caller, rate)
            used, wait = window.used, window.wait
        status: dict[str, Any] = {
            "your_request_limit": rate.calls,
            "limit_frequency_secs": rate.seconds,
            "current_use": used,
            "next_use_secs": wait,
            "ident": caller.ident,
        }
        return Response(APIThrottle(status).data, headers={"Cache-Control": "no-store"})
