"""Routes of this part."""

from django.urls import path

from taji.web.register import views

app_name = "register"
urlpatterns = [
    path("", views.index, name="list"),
    path("export/", views.export, name="export"),
    path("firms/<int:firm_id>/", views.firm, name="firm"),
    path("firms/<int:firm_id>/correct/", views.correct, name="correct"),
    path("firms/<int:firm_id>/contacts/", views.contact_add, name="contact_add"),
    path("contacts/<int:contact_id>/remove/", views.contact_remove, name="contact_remove"),
    path("imports/", views.imports, name="imports"),
    path("imports/<int:import_id>/", views.import_, name="import"),
    path("imports/<int:import_id>/apply/", views.import_apply, name="import_apply"),
    path("imports/<int:import_id>/again/", views.import_again, name="import_again"),
    path("imports/<int:import_id>/drop/", views.import_drop, name="import_drop"),
    path("imports/<int:import_id>/refused/", views.import_refused, name="import_refused"),
]
