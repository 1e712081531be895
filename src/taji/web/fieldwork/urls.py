"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "fieldwork"
urlpatterns = [
    path("assignments/", home.home, name="assignments"),
]
