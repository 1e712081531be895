"""The platform as a Django application: templates, static files and tags that all others share."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Shared parts."""

    name = "taji.web"
    label = "web"
