"""The OpenAPI document's entries, derived from the declarations by drf-spectacular.

Component names, operationIds, parameters and help are the contract's; 400, 401, 404 and 429
are documented beyond it.
"""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from cosmodrome.resources.parameters import extensions_of
from cosmodrome.resources.schema.help import help_text
from cosmodrome.shapes.fields import Duration
from cosmodrome.shapes.shapes import Assembled, component_of

DETAIL = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}

PROBLEMS = {
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
"""What operations and parameters beyond the contract are marked with."""
EXTENSIONS_TAG = "Cosmodrome extensions"

RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, description="Seconds to wait.", response=["429"]
)

PAGE = "text/html"
"""The media type of the browsable page, which is for people: the contract does not know it."""


def extension_parameters(view: Any) -> list[OpenApiParameter]:
    """Returns the parameters beyond the contract that a view takes, marked as such."""
    return [
        OpenApiParameter(each.name, description=each.meaning, extensions={EXTENSION_MARK: True})
        for each in extensions_of(view)
    ]


class ContractSchema(AutoSchema):
    """Calls shapes by their components, and says of every operation what the contract says."""

    view: Any

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Either of the two ways; none is needed."""
        return [{name: []} for name in spectacular_settings.APPEND_COMPONENTS["securitySchemes"]]

    def map_renderers(self, attribute: str) -> list[Any]:
        """JSON, and what a view declares beside it, without the browsable page."""
        return [getattr(each, attribute) for each in self.view.get_renderers() if each.media_type != PAGE]

    def contents(self, answer: Any) -> dict[Any, OpenApiResponse]:
        """Returns the answer as JSON, and a text in every other format."""
        as_json, *others = self.map_renderers("media_type")
        return {
            ("200", as_json): OpenApiResponse(answer, ""),
            **{("200", media_type): OpenApiResponse(str, "") for media_type in others},
        }

    def problems(self, *codes: str) -> dict[Any, OpenApiResponse]:
        """Returns what mistakes are answered with: JSON, whatever the format."""
        return {(code, str(JSONRenderer.media_type)): PROBLEMS[code] for code in codes or PROBLEMS}

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """The component that the class is."""
        if isinstance(serializer, Assembled):
            return component_of(type(serializer))
        name: str = super().get_serializer_name(serializer, direction)
        return name

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        schema.pop("description", None)  # docstrings of shapes are for those who read the code
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
    """Reads an Endpoint."""

    def get_operation_id(self) -> str:
        """The contract calls the operation a list, although the service answers one object."""
        return f"{self.view.path.replace('/', '_')}_list"

    def get_description(self) -> str:  # type: ignore[override] # as spectacular has it
        """The help text."""
        return help_text(type(self.view))

    def get_tags(self) -> list[str]:
        """As declared."""
        return list(self.view.tags)

    def get_override_parameters(self) -> list[Any]:
        """What goes beyond the contract."""
        return extension_parameters(self.view)

    def get_response_serializers(self) -> Any:
        """The object, in any mode; or what is wrong with the keys that were chosen.

        The contract documents an array: a slip of its generator.
        """
        answer = PolymorphicProxySerializer(
            component_name=f"Polymorphic{type(self.view).__name__}Endpoint",
            serializers=self.view.modes,
            resource_type_field_name="response_mode",
        )
        return {**self.contents(answer), **self.problems("400")}


class SubresourceSchema(ContractSchema):
    """Reads a Subresource, and marks it as none of the contract's."""

    def get_operation_id(self) -> str:
        """`spacecraft_timeline_retrieve`."""
        return f"{self.view.of.path}_{self.view.path}_retrieve"

    def get_summary(self) -> str:
        """`Get Spacecraft Timeline`."""
        return f"Get {self.view.name}"

    def get_description(self) -> str:  # type: ignore[override] # as spectacular has it
        """As declared."""
        return str(self.view.description)

    def get_tags(self) -> list[str]:
        """A heading of their own."""
        return [EXTENSIONS_TAG]

    def get_extensions(self) -> dict[str, Any]:
        """The mark."""
        return {EXTENSION_MARK: True}

    def get_override_parameters(self) -> list[Any]:
        """What goes beyond the contract, and the header of a 429."""
        return [*extension_parameters(self.view), RETRY_AFTER]

    def get_response_serializers(self) -> Any:
        """The object, and what a mistake is answered with."""
        return {**self.contents(self.view.shape), **self.problems()}


class ResourceSchema(ContractSchema):
    """Reads a Resource instead of guessing from a view."""

    def get_description(self) -> str:  # type: ignore[override] # as spectacular has it
        """The help text, on lists and records alike."""
        return help_text(type(self.view))

    def get_summary(self) -> str:
        """`List Agencies`, `Get Agency`."""
        return f"{'List' if self.view.action == 'list' else 'Get'} {self.view.get_view_name()}"

    def get_tags(self) -> list[str]:
        """As declared."""
        return list(self.view.tags)

    def get_override_parameters(self) -> list[Any]:
        """The mode, where there is more than one; what goes beyond the contract; the header of a 429."""
        parameters = [*extension_parameters(self.view), RETRY_AFTER]
        if len(self.view.modes) < 2 or self.view.action != "list":
            return parameters
        modes = sorted(self.view.modes)
        mode = OpenApiParameter("mode", str, enum=modes, description="Level of detail in the response.")
        return [mode, *parameters]

    def get_response_serializers(self) -> Any:
        """What is answered, and what a mistake is answered with."""
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
        return {**self.contents(answer), **self.problems()}
