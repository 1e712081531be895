"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "rounds"
urlpatterns = [
    path("list/", home.home, name="list"),
]
