"""A program: lays a home with a round whose portrait is asked for; run apart from the tests.

``python killed_home.py`` with ``TAJI_HOME`` set; prints the number of the portrait.
"""

import sys
from pathlib import Path

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
its = hold_round(demo, answers_of(demo), analyst, models=())
sys.stdout.write(str(ask_portrait(its, by=analyst).pk))
