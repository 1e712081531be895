"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "api"
urlpatterns = [
    path("docs/", home.home, name="docs"),
]
