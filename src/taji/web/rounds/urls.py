"""Routes of this part."""

from django.urls import path

from taji.web.rounds import asking_views as asking
from taji.web.rounds import errand_views as errands
from taji.web.rounds import paper_views as paper
from taji.web.rounds import views

app_name = "rounds"
urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("errands/<int:errand_id>/", errands.errand, name="errand"),
    path("errands/<int:errand_id>/again/", errands.errand_again, name="errand_again"),
    path("errands/<int:errand_id>/confirm/", errands.errand_confirm, name="errand_confirm"),
    path("errands/<int:errand_id>/file/", errands.errand_file, name="errand_file"),
    path("cases/<int:case_id>/", asking.case, name="case"),
    path("cases/<int:case_id>/renew/", asking.case_renew, name="case_renew"),
    path("cases/<int:case_id>/paper/", paper.paper, name="paper"),
    path("cases/<int:case_id>/paper/submit/", paper.paper_submit, name="paper_submit"),
    path("cases/<int:case_id>/outcome/", asking.case_outcome, name="case_outcome"),
    path(
        "invitations/<int:invitation_id>/revoke/",
        asking.invitation_revoke,
        name="invitation_revoke",
    ),
    path("<slug:slug>/", views.show, name="show"),
    path("<slug:slug>/edit/", views.edit, name="edit"),
    path("<slug:slug>/draw/", views.draw, name="draw"),
    path("<slug:slug>/draw/now/", views.draw_now, name="draw_now"),
    path("<slug:slug>/draw/replay/", views.replay, name="replay"),
    path("<slug:slug>/draw/file/", views.draw_file, name="draw_file"),
    path("<slug:slug>/open/", views.open_, name="open"),
    path("<slug:slug>/freeze/", views.freeze, name="freeze"),
    path("<slug:slug>/cases/", views.cases, name="cases"),
    path("<slug:slug>/xlsform/", views.xlsform, name="xlsform"),
    path("<slug:slug>/invite/", asking.invite, name="invite"),
    path("<slug:slug>/invite/list/", asking.invite_list, name="invite_list"),
    path("<slug:slug>/invite/letters/", asking.invite_letters, name="invite_letters"),
    path("<slug:slug>/invite/mail/", asking.invite_mail, name="invite_mail"),
    path("<slug:slug>/links/", asking.links, name="links"),
    path("<slug:slug>/chase/", asking.chase, name="chase"),
    path("<slug:slug>/chase/mail/", asking.chase_mail, name="chase_mail"),
    path("<slug:slug>/chase/phone/", asking.chase_phone, name="chase_phone"),
    path("<slug:slug>/chase/end/", asking.chase_end, name="chase_end"),
    path("<slug:slug>/answers/", errands.answers, name="answers"),
]
