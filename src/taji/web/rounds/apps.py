"""Tells Django of this part."""

from django.apps import AppConfig


class RoundsConfig(AppConfig):
    """The part ``rounds``."""

    name = "taji.web.rounds"
    label = "rounds"
