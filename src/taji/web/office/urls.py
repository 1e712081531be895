"""Routes of this part."""

from django.urls import path

from taji.web.office import pack_views, people_views, views

app_name = "office"
urlpatterns = [
    path("people/", people_views.people, name="people"),
    path("people/new/", people_views.add, name="person_new"),
    path("people/<int:user_id>/", people_views.person, name="person"),
    path("people/<int:user_id>/link/", people_views.link, name="person_link"),
    path("people/<int:user_id>/role/", people_views.give, name="role_give"),
    path("people/<int:user_id>/second-factor/", people_views.reset, name="person_reset"),
    path("people/<int:user_id>/switch/", people_views.switch, name="person_switch"),
    path("roles/<int:membership_id>/end/", people_views.end, name="role_end"),
    path("organisations/", people_views.organisations, name="organisations"),
    path("organisations/<int:organisation_id>/", people_views.organisation, name="organisation"),
    path("packs/", pack_views.listing, name="packs"),
    path("packs/<int:pack_id>/", pack_views.pack, name="pack"),
    path("packs/<int:pack_id>/compare/", pack_views.compare, name="pack_compare"),
    path("packs/<int:pack_id>/activate/", pack_views.activate, name="pack_activate"),
    path("packs/<int:pack_id>/retire/", pack_views.retire, name="pack_retire"),
    path("packs/changes/<int:switch_id>/", pack_views.switch, name="switch"),
    path("packs/changes/<int:switch_id>/table/", pack_views.table, name="switch_table"),
    path("settings/", views.settings, name="settings"),
    path("settings/mail/", views.mail, name="mail"),
    path("backup/", views.backup, name="backup"),
    path("backup/make/", views.make, name="backup_make"),
    path("backup/<slug:slug>/", views.download, name="backup_download"),
]
