"""Tells Django of this part."""

from django.apps import AppConfig


class AnsweringConfig(AppConfig):
    """The part ``answering``."""

    name = "taji.web.answering"
    label = "answering"
