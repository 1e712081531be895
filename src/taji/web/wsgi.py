"""The application that the server runs, with every page loaded before the first request."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taji.web.settings")
application = get_wsgi_application()
# Views bring libraries that take seconds to load: nobody's request should wait for them.
get_resolver().url_patterns  # noqa: B018
