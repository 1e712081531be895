"""Routes of this part."""

from django.urls import path

from taji.base.text import LANGUAGES
from taji.web.planning import views

app_name = "planning"
urlpatterns = [
    path("plans/sheets/<int:sheet_id>/", views.roadmaps, name="roadmaps"),
    path("plans/<int:roadmap_id>/", views.roadmap, name="roadmap"),
    path("plans/<int:roadmap_id>/progress/", views.progress, name="progress"),
    path("plans/<int:roadmap_id>/again/", views.again, name="again"),
    path("plans/<int:roadmap_id>/roadmap.json", views.as_json, name="json"),
    *(
        path(
            f"plans/<int:roadmap_id>/roadmap.{one}.pdf",
            views.as_pdf,
            {"spoken": one},
            name=f"pdf-{one}",
        )
        for one in LANGUAGES
    ),
]
