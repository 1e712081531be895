"""Routes of this part."""

from django.urls import path

from taji.web.fieldwork import bureau_views as bureau
from taji.web.fieldwork import views

app_name = "fieldwork"
urlpatterns = [
    path("assignments/", views.assignments, name="assignments"),
    path("assignments/<int:assignment_id>/", views.firm, name="firm"),
    path("assignments/<int:assignment_id>/sheet/", views.answers, name="answers"),
    path("assignments/<int:assignment_id>/submit/", views.submit, name="submit"),
    path("assignments/<int:assignment_id>/conflict/", views.conflict, name="conflict"),
    path("assignments/<int:assignment_id>/move/", bureau.move, name="move"),
    path("evidence/<int:evidence_id>/", views.evidence, name="evidence"),
    path("rounds/", bureau.rounds, name="rounds"),
    path("rounds/<slug:slug>/", bureau.overview, name="overview"),
    path("rounds/<slug:slug>/draw/", bureau.draw, name="draw"),
    path("rounds/<slug:slug>/certificate/", bureau.certificate, name="certificate"),
    path("rounds/<slug:slug>/replay/", bureau.replay, name="replay"),
    path("rounds/<slug:slug>/share/", bureau.share, name="share"),
    path("rounds/<slug:slug>/find/", bureau.find, name="find"),
    path("rounds/<slug:slug>/analyse/", bureau.analyse, name="analyse"),
    path("rounds/<slug:slug>/agreement/", bureau.agreement, name="agreement"),
    path("rounds/<slug:slug>/corrected/", bureau.corrected, name="corrected"),
    path("cases/<int:case_id>/", bureau.case, name="case"),
    path("cases/<int:case_id>/give/", bureau.give, name="give"),
]
