"""Routes of the bureau's side of this part."""

from django.urls import path

from taji.base.text import LANGUAGES
from taji.web.publishing import views
from taji.web.publishing.files import INTERNAL

app_name = "publishing"
urlpatterns = [
    path("", views.listed, name="list"),
    path("rounds/<int:round_id>/ask/", views.ask, name="ask"),
    path("<int:portrait_id>/", views.portrait, name="portrait"),
    path("<int:portrait_id>/progress/", views.progress, name="progress"),
    path("<int:portrait_id>/again/", views.again, name="again"),
    path("<int:portrait_id>/publish/", views.publish, name="publish"),
    path("<int:portrait_id>/retire/", views.retire, name="retire"),
    path("<int:portrait_id>/refused.csv", views.refused, name="refused"),
    path("<int:portrait_id>/files/answers.csv", views.answers_csv, name="file-answers.csv"),
    *(
        path(f"<int:portrait_id>/files/{name}", views.file, {"name": name}, name=f"file-{name}")
        for name in INTERNAL
    ),
    *(
        path(f"<int:portrait_id>/page/{one}/", views.page, {"spoken": one}, name=f"page-{one}")
        for one in LANGUAGES
    ),
    path("compare/", views.compare, name="compare"),
    path("compare/<int:comparison_id>/", views.comparison, name="comparison"),
    path(
        "compare/<int:comparison_id>/progress/",
        views.comparison_progress,
        name="comparison-progress",
    ),
    path("compare/<int:comparison_id>/again/", views.comparison_again, name="comparison-again"),
    path("compare/<int:comparison_id>/change.csv", views.change_csv, name="change.csv"),
]
