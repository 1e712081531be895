"""Tells Django of this part."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The part ``api``."""

    name = "taji.web.api"
    label = "api"
