"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "register"
urlpatterns = [
    path("list/", home.home, name="list"),
]
