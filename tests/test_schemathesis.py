"""schemathesis asks whatever the OpenAPI document allows, and more, of every declared endpoint.

What is answered must be documented: the status, the type, and every key and value of the body.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cosmodrome.resources.schema.openapi import EXTENSION_MARK
from cosmodrome.server.wsgi import application

MAY_BE_UNKNOWN = {"eva_time", "duration", "turn_around_time", "pad_turnaround"}


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """The contract's own slips mended, as its strict copy has them.

    It leaves open which mode a record is in: here each shape says its own, and allows no other keys.
    It calls links urls that may be blank: here they are texts.  It does not say that objects may be null,
    nor that a duration may be unknown.

    Left out are parameters beyond the contract: as of another instant, anything may be null.
    """
    for item in document["paths"].values():
        parameters = item["get"].get("parameters", [])
        item["get"]["parameters"] = [one for one in parameters if EXTENSION_MARK not in one]
    for component in document["components"]["schemas"].values():
        properties = component.get("properties", {})
        for name, part in properties.items():
            if part.get("format") == "uri" and "maxLength" in part:
                del part["format"]
            if "$ref" in part:
                properties[name] = {"allOf": [{"$ref": part["$ref"]}], "nullable": True}
            if name in MAY_BE_UNKNOWN:
                part["nullable"] = True
        mode = properties.get("response_mode")
        if mode:
            mode["enum"] = [mode["default"]]
            component["additionalProperties"] = False
    return document


published: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
schema = schemathesis.openapi.from_dict(strict(published))
schema.app = application

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
"""Not among them: that wrong values are always refused, since a senseless `limit` or `offset` is
ignored; and that right ones never are, since a number may be no status's id."""


ASKED = [
    pytest.param(path, mode, id=f"{path} {mode.value}")
    for path, operations in published["paths"].items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operations["get"].get("parameters")
]
"""Each path, asked what the document allows, and what it does not."""


@pytest.mark.slow
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize(("path", "mode"), ASKED)
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_what_is_answered_is_documented(path: str, mode: GenerationMode, data: st.DataObject) -> None:
    case = data.draw(schema[path]["GET"].as_strategy(generation_mode=mode))
    case.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})
    case.call_and_validate(checks=CHECKS)
