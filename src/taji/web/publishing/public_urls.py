"""Routes that everybody may walk."""

from django.urls import path

from taji.base.text import LANGUAGES
from taji.web.publishing import public
from taji.web.publishing.files import PUBLIC

app_name = "public"
urlpatterns = [
    path("portraits/", public.portraits, name="portraits"),
    path("portraits/<slug:slug>/", public.portrait, name="portrait"),
    *(
        path(f"portraits/<slug:slug>/page/{one}/", public.page, {"spoken": one}, name=f"page-{one}")
        for one in LANGUAGES
    ),
    *(
        path(
            f"portraits/<slug:slug>/files/{name}", public.file, {"name": name}, name=f"file-{name}"
        )
        for name in PUBLIC
    ),
    path("method/", public.method, name="method"),
    path("data/", public.data, name="data"),
]
