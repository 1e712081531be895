"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "office"
urlpatterns = [
    path("people/", home.home, name="people"),
    path("packs/", home.home, name="packs"),
    path("settings/", home.home, name="settings"),
]
