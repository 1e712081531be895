"""Tells Django of this part."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The part ``audit``."""

    name = "taji.web.audit"
    label = "audit"
