"""Tells Django of this part."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The part ``people``."""

    name = "taji.web.people"
    label = "people"

    def ready(self) -> None:
        """Listen at the door."""
        from taji.web.people import witness  # noqa: F401, receivers connect when loaded
