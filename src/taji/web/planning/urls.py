"""Routes of this part."""

from django.urls import path

from taji.base.text import LANGUAGES
from taji.web.planning import views
from taji.web.planning import work_views as works
from taji.web.planning.models import Kind

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
    path("decide/", works.works, name="works"),
    *(
        path(f"decide/{kind}/", works.ask, {"kind": kind}, name=f"ask-{kind}")
        for kind in Kind.values
    ),
    path("decide/<int:work_id>/", works.work, name="work"),
    path("decide/<int:work_id>/progress/", works.progress, name="work-progress"),
    path("decide/<int:work_id>/again/", works.again, name="work-again"),
    path("decide/<int:work_id>/portfolio/", works.support, name="work-support"),
    path("decide/<int:work_id>/refused.csv", works.refused, name="work-refused"),
    path("decide/<int:work_id>/files/<str:file_slug>", works.file, name="work-file"),
    *(
        path(
            f"decide/<int:work_id>/page/{one}/",
            works.page,
            {"spoken": one},
            name=f"work-page-{one}",
        )
        for one in LANGUAGES
    ),
]
