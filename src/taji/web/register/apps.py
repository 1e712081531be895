"""Tells Django of this part."""

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """The part ``register``."""

    name = "taji.web.register"
    label = "register"
