"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "public"
urlpatterns = [
    path("portraits/", home.home, name="portraits"),
    path("data/", home.home, name="data"),
]
