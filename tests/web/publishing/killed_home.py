"""A program: lays a home with a round whose portrait is asked for; run apart from the tests.

``python killed_home.py`` with ``TAJI_HOME`` set.
"""

from pathlib import Path


def lay() -> None:
    """Migrate, put the demo round there, ask for its portrait."""
    import django

    django.setup()

    from django.conf import settings
    from django.core.management import call_command
    from tests.web.publishing.conftest import answers_of, hold_round

    from taji.city.demo import write_demo
    from taji.web.people.models import User
    from taji.web.publishing.asking import ask_portrait

    call_command("migrate", verbosity=0)
    demo = write_demo(Path(settings.HOME) / "demo")
    analyst = User.objects.create_user("analyst")
    ask_portrait(hold_round(demo, answers_of(demo), analyst, models=()), by=analyst)


if __name__ == "__main__":
    lay()
