"""Tells Django of this part."""

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """The part ``planning``."""

    name = "taji.web.planning"
    label = "planning"
