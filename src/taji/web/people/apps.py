"""Tells Django of this part."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The part ``people``."""

    name = "taji.web.people"
    label = "people"
