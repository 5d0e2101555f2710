"""Images: linked, never copied; each with its credit, its licence and its variants in other shapes.

The same image is served from changing hosts, so the id is its identity, not the address.
"""

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import LookupShape, Nested, Shape
from cosmodrome.shapes.tables import Lookup, Named, Number, joined_label


class ImageLicense(Named):
    name = models.CharField(max_length=255, blank=True)
    priority = Number(default=0)
    link = models.URLField(max_length=200, null=True, blank=True)

    class Meta:
        verbose_name = "image license"


class ImageVariantType(Lookup):
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "image variant type"


class Image(Named):
    name = models.CharField(max_length=255)
    image_url = models.TextField()
    thumbnail_url = models.TextField()
    credit = models.CharField(max_length=255, null=True, blank=True)
    license = models.ForeignKey(ImageLicense, on_delete=models.PROTECT)
    single_use = models.BooleanField(default=True)


class ImageVariant(models.Model):
    label_relations = ("image", "type")

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="variants")
    type = models.ForeignKey(ImageVariantType, on_delete=models.PROTECT)
    image_url = models.TextField()

    def __str__(self) -> str:
        return joined_label(self.image, self.type)


class ImageLicenseShape(Shape):
    class Meta:
        model = ImageLicense
        fields = ["id", "name", "priority", "link"]


class ImageVariantTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = ImageVariantType


class ImageVariantShape(Shape):
    type = Nested("ImageVariantType")
    image_url = serializers.URLField()

    class Meta:
        model = ImageVariant
        fields = ["id", "type", "image_url"]


class ImageShape(Shape):
    image_url = serializers.URLField()
    thumbnail_url = serializers.URLField()
    license = Nested("ImageLicense")
    variants = Nested("ImageVariant", many=True)

    class Meta:
        model = Image
        fields = [
            "id",
            "name",
            "image_url",
            "thumbnail_url",
            "credit",
            "license",
            "single_use",
            "variants",
        ]


class ImageLicenseResource(Resource):
    path = "config/image_licenses"
    queryset = ImageLicense.objects.all()
    modes = {"normal": ImageLicenseShape}
    tags = ["Licenses", "Configurations"]


class ImageVariantTypeResource(Resource):
    path = "config/image_variant_types"
    queryset = ImageVariantType.objects.all()
    modes = {"normal": ImageVariantTypeShape}
    tags = ["Variants", "Types", "Configurations"]
