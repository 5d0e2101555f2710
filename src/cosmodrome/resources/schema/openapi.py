"""The operations of the OpenAPI document, which drf-spectacular derives from the declarations.

Component names, operationIds, parameters and help are those of the contract.  The responses 400, 401, 404 and
429 are documented beyond it.
"""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from cosmodrome.resources.parameters import extensions_of
from cosmodrome.resources.schema.help import help_text
from cosmodrome.resources.views import AS_OF
from cosmodrome.shapes.fields import Duration
from cosmodrome.shapes.shapes import Assembled, component_of

DETAIL = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}

ERROR_RESPONSES = {
    "400": OpenApiResponse(
        {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "example": {"in_space": ["Enter true or false."]},
        },
        "A parameter has a value that it cannot have: the sentences say what is wrong with each.",
    ),
    "401": OpenApiResponse(DETAIL, "The token that was sent is none; without one, everything can be read."),
    "404": OpenApiResponse(DETAIL, "There is no such record, or no such format."),
    "429": OpenApiResponse(DETAIL, "More calls than the rate allows; the sentence says how long to wait."),
}

EXTENSION_MARK = "x-cosmodrome-extension"
"""The mark of operations and parameters that the contract does not have."""
EXTENSIONS_TAG = "Cosmodrome extensions"

RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, description="Seconds to wait.", response=["429"]
)

ANSWERED_AS_OF = OpenApiParameter(
    AS_OF,
    str,
    OpenApiParameter.HEADER,
    description="With `at`: the instant that the answer is of, or `present` if it is as it would be without.",
    extensions={EXTENSION_MARK: True},
    response=["200"],
)

PAGE = "text/html"
"""The media type of the browsable page, which the contract does not have."""


def extension_parameters(view: Any) -> list[OpenApiParameter]:
    """Returns the parameters beyond the contract that a view takes, marked as such."""
    marked = {EXTENSION_MARK: True}
    taken = [
        OpenApiParameter(each.name, description=each.meaning, extensions=marked)
        for each in extensions_of(view)
    ]
    return [*taken, ANSWERED_AS_OF] if view.takes_as_of() else taken


class ContractSchema(AutoSchema):
    """Names shapes by their components, and documents what all operations of the contract have."""

    view: Any

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Returns the two ways of authentication; neither is needed."""
        return [{name: []} for name in spectacular_settings.APPEND_COMPONENTS["securitySchemes"]]

    def map_renderers(self, attribute: str) -> list[Any]:
        """Returns JSON and the further formats of a view, without the browsable page."""
        return [getattr(each, attribute) for each in self.view.get_renderers() if each.media_type != PAGE]

    def contents(self, answer: Any) -> dict[Any, OpenApiResponse]:
        """Returns the answer as JSON, and a text in every other format."""
        as_json, *others = self.map_renderers("media_type")
        return {
            ("200", as_json): OpenApiResponse(answer, ""),
            **{("200", media_type): OpenApiResponse(str, "") for media_type in others},
        }

    def errors(self, *codes: str) -> dict[Any, OpenApiResponse]:
        """Returns error responses, which are JSON in every format."""
        return {
            (code, str(JSONRenderer.media_type)): ERROR_RESPONSES[code] for code in codes or ERROR_RESPONSES
        }

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Returns the component of a shape."""
        if isinstance(serializer, Assembled):
            return component_of(type(serializer))
        name: str = super().get_serializer_name(serializer, direction)
        return name

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        schema.pop("description", None)  # the docstring of a shape is for readers of the code
        for name, field in serializer.fields.items():
            # The contract says `uri` also of links that may be blank.
            if isinstance(field, serializers.URLField) and "oneOf" in schema["properties"][name]:
                either = schema["properties"][name].pop("oneOf")
                schema["properties"][name].update(either[0])
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        if isinstance(field, Duration):
            meta = self._get_serializer_field_meta(field, direction)  # type: ignore[no-untyped-call]
            return {"type": "string", **meta}
        return super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )


class EndpointSchema(ContractSchema):
    """Documents an Endpoint."""

    def get_operation_id(self) -> str:
        """Returns an id that ends in `list`, as in the contract, although the answer is one object."""
        return f"{self.view.path.replace('/', '_')}_list"

    def get_description(self) -> str:  # type: ignore[override] # as spectacular has it
        """Returns the help text."""
        return help_text(type(self.view))

    def get_tags(self) -> list[str]:
        """Returns what is declared."""
        return list(self.view.tags)

    def get_override_parameters(self) -> list[Any]:
        """Returns the parameters beyond the contract."""
        return extension_parameters(self.view)

    def get_response_serializers(self) -> Any:
        """Returns the object in any mode, and the error of keys that do not exist.

        The contract documents an array, by a mistake of its generator.
        """
        answer = PolymorphicProxySerializer(
            component_name=f"Polymorphic{type(self.view).__name__}Endpoint",
            serializers=self.view.modes,
            resource_type_field_name="response_mode",
        )
        return {**self.contents(answer), **self.errors("400")}


class SubresourceSchema(ContractSchema):
    """Documents a Subresource, and marks it as an extension of the contract."""

    def get_operation_id(self) -> str:
        """Returns an id such as `spacecraft_timeline_retrieve`."""
        return f"{self.view.of.path}_{self.view.path}_retrieve"

    def get_summary(self) -> str:
        """Returns a summary such as `Get Spacecraft Timeline`."""
        return f"Get {self.view.name}"

    def get_description(self) -> str:  # type: ignore[override] # as spectacular has it
        """Returns what is declared."""
        return str(self.view.description)

    def get_tags(self) -> list[str]:
        """Returns the tag of all extensions."""
        return [EXTENSIONS_TAG]

    def get_extensions(self) -> dict[str, Any]:
        """Returns the mark."""
        return {EXTENSION_MARK: True}

    def get_override_parameters(self) -> list[Any]:
        """Returns the parameters beyond the contract, and the header of a 429."""
        return [*extension_parameters(self.view), RETRY_AFTER]

    def get_response_serializers(self) -> Any:
        """Returns the object, and the errors."""
        return {**self.contents(self.view.shape), **self.errors()}


class ResourceSchema(ContractSchema):
    """Documents a Resource from its declaration, where drf-spectacular would guess from a view."""

    def map_renderers(self, attribute: str) -> list[Any]:
        """Returns the formats of the contract: the operations of a generated client stay what they were."""
        return [getattr(each, attribute) for each in self.view.renderer_classes if each.media_type != PAGE]

    def get_description(self) -> str:  # type: ignore[override] # as spectacular has it
        """Returns the help text, for lists and records alike."""
        return help_text(type(self.view))

    def get_summary(self) -> str:
        """Returns a summary such as `List Agencies` or `Get Agency`."""
        return f"{'List' if self.view.action == 'list' else 'Get'} {self.view.get_view_name()}"

    def get_tags(self) -> list[str]:
        """Returns what is declared."""
        return list(self.view.tags)

    def get_override_parameters(self) -> list[Any]:
        """Returns `mode`, if there are several, those beyond the contract, and the header of a 429."""
        parameters = [*extension_parameters(self.view), RETRY_AFTER]
        if len(self.view.modes) < 2 or self.view.action != "list":
            return parameters
        modes = sorted(self.view.modes)
        mode = OpenApiParameter("mode", str, enum=modes, description="Level of detail in the response.")
        return [mode, *parameters]

    def get_response_serializers(self) -> Any:
        """Returns the records in any mode, and the errors."""
        view = self.view
        is_list = view.action == "list"
        shapes: dict[str, Any] = view.modes
        answer: Any = view.get_serializer_class()
        if is_list and len(shapes) > 1:
            answer = PolymorphicProxySerializer(
                component_name=f"Polymorphic{view.endpoint_name or view.model().__name__}Endpoint",
                serializers=shapes,
                resource_type_field_name="response_mode",
                many=True,
            )
        elif is_list:
            answer = answer(many=True)
        return {**self.contents(answer), **self.errors()}
