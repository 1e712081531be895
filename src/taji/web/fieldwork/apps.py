"""Tells Django of this part."""

from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    """The part ``fieldwork``."""

    name = "taji.web.fieldwork"
    label = "fieldwork"
