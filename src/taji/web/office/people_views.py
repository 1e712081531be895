"""Pages on people and organisations."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from taji.base.errors import TajiError
from taji.web.access import to
from taji.web.audit.models import Entry
from taji.web.office.forms import OrganisationForm, PersonForm, RoleForm
from taji.web.people import accounts
from taji.web.people.links import VALIDITY, new_link
from taji.web.people.models import Membership, Organisation, Role, User
from taji.web.people.organisations import helpers, keep_organisation
from taji.web.speech import language, say

__all__ = [
    "add",
    "end",
    "give",
    "link",
    "organisation",
    "organisations",
    "people",
    "person",
    "reset",
    "switch",
]

#: People on one page of the list.
PAGE = 50
#: Entries of the log that the page of a person shows.
ENTRIES = 20
LINK = "set_up_link"


def _user(user_id: int) -> User:
    found: User = User.objects.get(pk=user_id)
    return found


def _membership(membership_id: int) -> Membership:
    found: Membership = Membership.objects.select_related("user", "organisation").get(
        pk=membership_id
    )
    return found


def _organisation(organisation_id: int) -> Organisation:
    found: Organisation = helpers().get(pk=organisation_id)
    return found


@to(Role.ADMINISTRATOR)
def people(request: HttpRequest) -> HttpResponse:
    """List accounts: those of the bureau and its helpers, or of firms where asked for."""
    role, words = request.GET.get("role", ""), request.GET.get("q", "").strip()
    held = Membership.objects.filter(role=role) if role in Role.values else None
    if held is None:
        held = Membership.objects.exclude(role=Role.FIRM)
    found = User.objects.filter(pk__in=held.values("user"))
    if words:
        found = found.filter(Q(username__icontains=words) | Q(name__icontains=words))
    now = Membership.objects.filter(ended_at=None).select_related("organisation").order_by("pk")
    found = found.order_by("username").prefetch_related(
        Prefetch("memberships", queryset=now, to_attr="now"), "authenticator_set"
    )
    pages = Paginator(found, PAGE)
    return render(
        request,
        "office/people.html",
        {
            "page": pages.get_page(request.GET.get("page")),
            "role": role,
            "words": words,
            "roles": Role.choices,
        },
    )


@to(Role.ADMINISTRATOR)
def add(request: HttpRequest) -> HttpResponse:
    """Add a person with a first role, and show the link to send."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = _added(given, by=request.user)
        except TajiError as error:
            form.add_error(
                "username" if isinstance(error, accounts.TakenError) else "organisation",
                error.render(language()),
            )
        else:
            request.session[LINK] = new_link(user, by=request.user)
            return redirect("office:person", user_id=user.pk)
    return render(request, "office/person_new.html", {"form": form})


def _added(given: dict[str, object], *, by: User) -> User:
    with transaction.atomic():
        user = accounts.add_person(
            str(given["username"]),
            name=str(given["name"]),
            email=str(given["email"]),
            phone=str(given["phone"]),
            by=by,
        )
        accounts.give_role(
            user, given["organisation"], str(given["role"]), by=by, district=str(given["district"])
        )
    return user


@to(Role.ADMINISTRATOR, find=_user)
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show a person: roles now and before, the second factor, what happened to the account."""
    return _person(request, RoleForm())


def _person(request: HttpRequest, form: RoleForm, status: int = 200) -> HttpResponse:
    user: User = request.subject
    roles = user.memberships.select_related("organisation").order_by("ended_at", "pk")
    return render(
        request,
        "office/person.html",
        {
            "person": user,
            "now": [held for held in roles if held.ended_at is None],
            "ended": [held for held in roles if held.ended_at is not None],
            "factors": list(user.authenticator_set.values_list("type", flat=True)),
            "entries": Entry.objects.filter(subject=f"user:{user.username}").order_by("-number")[
                :ENTRIES
            ],
            "form": form,
            "link": request.session.pop(LINK, None),
            "days": VALIDITY.days,
            "own": user.pk == request.user.pk,
        },
        status=status,
    )


@require_POST
@to(Role.ADMINISTRATOR, find=_user)
def link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Make a new set-up link; those before it end."""
    request.session[LINK] = new_link(request.subject, by=request.user)
    return redirect("office:person", user_id=user_id)


@require_POST
@to(Role.ADMINISTRATOR, find=_user)
def give(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a role."""
    form = RoleForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            accounts.give_role(
                request.subject,
                given["organisation"],
                given["role"],
                by=request.user,
                district=given["district"],
            )
        except TajiError as error:
            form.add_error(None, error.render(language()))
        else:
            messages.success(request, say("角色已开通。", "The role is given."))
            return redirect("office:person", user_id=user_id)
    return _person(request, form, status=422)


@require_POST
@to(Role.ADMINISTRATOR, find=_membership)
def end(request: HttpRequest, membership_id: int) -> HttpResponse:
    """End a role."""
    accounts.end_role(request.subject, by=request.user)
    messages.success(request, say("角色已结束。", "The role has ended."))
    return redirect("office:person", user_id=request.subject.user_id)


@require_POST
@to(Role.ADMINISTRATOR, find=_user)
def reset(request: HttpRequest, user_id: int) -> HttpResponse:
    """Reset a second factor."""
    accounts.reset_second_factor(request.subject, by=request.user)
    messages.success(
        request,
        say(
            "第二因素已重置，下次登录时重新设置。",
            "The second factor is reset; the next sign-in sets up a new one.",
        ),
    )
    return redirect("office:person", user_id=user_id)


@require_POST
@to(Role.ADMINISTRATOR, find=_user)
def switch(request: HttpRequest, user_id: int) -> HttpResponse:
    """Switch an account off, or on again."""
    on = request.POST.get("on") == "1"
    accounts.switch(request.subject, on=on, by=request.user)
    done = (
        say("账户已启用。", "The account is on.")
        if on
        else say("账户已停用。", "The account is off.")
    )
    messages.success(request, done)
    return redirect("office:person", user_id=user_id)


@to(Role.ADMINISTRATOR)
def organisations(request: HttpRequest) -> HttpResponse:
    """List those who help or govern; add one."""
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and _kept(form, None, by=request.user):
        messages.success(request, say("机构已添加。", "The organisation is added."))
        return redirect("office:organisations")
    found = Paginator(helpers().prefetch_related("kinds"), PAGE)
    page = found.get_page(request.GET.get("page"))
    return render(request, "office/organisations.html", {"page": page, "form": form})


@to(Role.ADMINISTRATOR, find=_organisation)
def organisation(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Correct an organisation."""
    one: Organisation = request.subject
    now = {
        "key": one.key,
        "name": one.name,
        "district": one.district,
        "kinds": list(one.kinds.values_list("kind", flat=True)),
    }
    form = OrganisationForm(request.POST or None, initial=now)
    if request.method == "POST" and _kept(form, one, by=request.user):
        messages.success(request, say("已保存。", "Saved."))
        return redirect("office:organisations")
    return render(request, "office/organisation.html", {"form": form, "organisation": one})


def _kept(form: OrganisationForm, one: Organisation | None, *, by: User) -> bool:
    """Keep what a form holds, or say in it why not."""
    if not form.is_valid():
        return False
    try:
        keep_organisation(one, **form.cleaned_data, by=by)
    except TajiError as error:
        form.add_error("key", error.render(language()))
        return False
    return True
