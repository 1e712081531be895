"""Routes of this part."""

from django.urls import path

from taji.web import home

app_name = "audit"
urlpatterns = [
    path("numbers/", home.home, name="numbers"),
    path("log/", home.home, name="log"),
]
