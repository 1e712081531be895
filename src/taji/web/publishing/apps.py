"""Tells Django of this part."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """The part ``publishing``."""

    name = "taji.web.publishing"
    label = "publishing"
