"""Routes of this part."""

from django.urls import path

from taji.web.audit import views

app_name = "audit"
urlpatterns = [
    path("log/", views.log, name="log"),
    path("log/file/", views.export, name="export"),
    path("log/check/", views.check, name="check"),
    path("numbers/", views.numbers, name="numbers"),
    path("numbers/<int:portrait_id>/", views.portrait, name="portrait"),
    path("numbers/<int:portrait_id>/number/", views.number, name="number"),
    path("numbers/<int:portrait_id>/replay/", views.replay, name="replay"),
    path("replays/<int:replay_id>/", views.replayed, name="replayed"),
]
