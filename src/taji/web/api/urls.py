"""Routes of the API, its description for people, and the page of tokens."""

from django.urls import path

from taji.web.api import views
from taji.web.api.service import routes

app_name = "api"
urlpatterns = [
    path("", views.docs, name="docs"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", views.revoke, name="revoke"),
    *routes(),
]
