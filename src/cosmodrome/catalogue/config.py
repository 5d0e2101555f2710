"""The `config/*` look-ups: small tables to which others have foreign keys.

A look-up has an id and a name.  A further one takes a table, a line for its shape, and a stanza for its
endpoint.
"""

from django.db import models

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import LookupShape, Shape
from cosmodrome.shapes.tables import Lookup, Named, Number


class AgencyType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "agency type"


class AgencyTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = AgencyType


class AgencyTypeResource(Resource):
    path = "config/agency_types"
    queryset = AgencyType.objects.all()
    modes = {"normal": AgencyTypeShape}
    tags = ["Agency", "Types", "Configurations"]


class Country(Named):
    name = models.CharField(max_length=255, blank=True)
    alpha_2_code = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2")
    alpha_3_code = models.CharField(max_length=3, blank=True, help_text="ISO 3166-1 alpha-3")
    nationality_name = models.CharField(max_length=255, blank=True, help_text="e.g. French")
    nationality_name_composed = models.CharField(max_length=255, blank=True, help_text="e.g. Franco")

    class Meta:
        verbose_name = "Country"
        verbose_name_plural = "Countries"


class CountryShape(Shape):
    class Meta:
        model = Country
        fields = [
            "id",
            "name",
            "alpha_2_code",
            "alpha_3_code",
            "nationality_name",
            "nationality_name_composed",
        ]


class CountryResource(Resource):
    path = "config/countries"
    queryset = Country.objects.all()
    modes = {"normal": CountryShape}
    tags = ["Countries", "Configurations"]


class SpacecraftStatus(Lookup):
    class Meta:
        verbose_name = "Spacecraft Status"
        verbose_name_plural = "Spacecraft Statuses"


class SpacecraftStatusShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = SpacecraftStatus


class SpacecraftStatusResource(Resource):
    path = "config/spacecraft_statuses"
    queryset = SpacecraftStatus.objects.all()
    modes = {"normal": SpacecraftStatusShape}
    tags = ["Spacecraft", "Configurations"]


class SpacecraftConfigType(Lookup):
    class Meta:
        verbose_name = "Spacecraft Configuration Type"


class SpacecraftConfigTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = SpacecraftConfigType


class SpacecraftConfigTypeResource(Resource):
    path = "config/spacecraft_configuration_types"
    queryset = SpacecraftConfigType.objects.all()
    modes = {"normal": SpacecraftConfigTypeShape}
    tags = ["Spacecraft", "Types", "Configurations"]
