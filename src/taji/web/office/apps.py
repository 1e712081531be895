"""Tells Django of this part."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The part ``office``."""

    name = "taji.web.office"
    label = "office"
