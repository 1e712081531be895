"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "firm"
urlpatterns = [
    path("home/", home.home, name="home"),
]
