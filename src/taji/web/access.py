"""Who may do what: one rule per route, declared beside the view, checked before the view runs.

A rule says which roles may come in and, where a route names an object, which of them may touch
*this* object. A route without a rule lets nobody in. What a page lists must be narrowed by the
same conditions: ``firms_of`` and its like give the query sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from taji.web.failures import forbidden
from taji.web.people.models import GUARDED, Membership, Organisation, Role, User

__all__ = ["Gate", "Rule", "everyone", "firms_of", "rule_of", "signed_in", "to"]

View = Callable[..., HttpResponse]
#: Says whether one membership opens one object.
Opens = Callable[[Membership, Any], bool]
#: Finds the object that a route names; raises Http404 or a model's DoesNotExist.
Finds = Callable[..., Any]

#: Where an account without its second factor is sent, and may be.
SECOND_FACTOR = "mfa_activate_totp"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of whoever comes.

    Attributes
    ----------
    roles : frozenset of str
        Roles that may come in; empty: any signed-in account.
    public : bool
        Everybody may come in.
    find : callable, optional
        ``find(**kwargs of the route)`` returns the object; kept as ``request.subject``.
    opens : mapping of role to callable
        ``opens[role](membership, object)``; a role without one opens every object.
    """

    roles: frozenset[str] = frozenset()
    public: bool = False
    find: Finds | None = None
    opens: dict[str, Opens] = field(default_factory=dict)

    def admits(self, user: User, subject: Any) -> bool:
        """Whether any membership of ``user`` opens ``subject``."""
        if self.public or (not self.roles and self.find is None):
            return True
        return any(
            m.role in self.roles and self.opens.get(m.role, _all)(m, subject) for m in user.held
        )


def _all(membership: Membership, subject: Any) -> bool:
    return True


def everyone(view: View) -> View:
    """Declare a route public."""
    return _declare(view, Rule(public=True))


def signed_in(view: View) -> View:
    """Declare a route open to every account."""
    return _declare(view, Rule())


def to(
    *roles: str, find: Finds | None = None, opens: dict[str, Opens] | None = None
) -> Callable[[View], View]:
    """Declare the roles of a route, and for the object it names what each of them opens.

    Examples
    --------
    ``@to(Role.ANALYST, Role.FIRM, find=sheet_of, opens={Role.FIRM: own_firm})``
    """
    rule = Rule(roles=frozenset(roles), find=find, opens=dict(opens or {}))
    return lambda view: _declare(view, rule)


def _declare(view: View, rule: Rule) -> View:
    view.access = rule  # type: ignore[attr-defined]
    return view


def rule_of(view: Any) -> Rule | None:
    """Return the rule that a view declares."""
    return getattr(view, "access", None)


class Gate:
    """Middleware that holds every request against the rule of its route."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Let in, send to sign in, or refuse; another's object is not found rather than forbidden."""
        rule = rule_of(view)
        if rule is None:
            return forbidden(request)
        if not rule.public and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not rule.public and rule.roles and wants_second_factor(request.user):
            return redirect(SECOND_FACTOR)
        if rule.public and rule.find is None:
            return None
        if rule.roles and not (rule.roles & request.user.roles):
            return forbidden(request)
        subject = _found(rule, kwargs)
        if not rule.admits(request.user, subject):
            raise Http404
        request.subject = subject  # type: ignore[attr-defined]
        return None


def _found(rule: Rule, kwargs: dict[str, Any]) -> Any:
    from django.core.exceptions import ObjectDoesNotExist

    if rule.find is None:
        return None
    try:
        return rule.find(**kwargs)
    except ObjectDoesNotExist as error:
        raise Http404 from error


def wants_second_factor(user: User) -> bool:
    """Whether this account must set up its second factor before anything else."""
    return bool(GUARDED & user.roles) and not is_mfa_enabled(user)


def own_firm(membership: Membership, subject: Any) -> bool:
    """A firm opens what belongs to its own organisation."""
    return bool(membership.organisation_id == _organisation(subject).pk)


def own_district(membership: Membership, subject: Any) -> bool:
    """A role limited to a district opens the firms of that district."""
    return membership.district in ("", _organisation(subject).district)


def whole_city(membership: Membership, subject: Any) -> bool:
    """Only a role that is not limited to a district opens what concerns the whole city."""
    return membership.district == ""


def _organisation(subject: Any) -> Organisation:
    """The organisation that an object belongs to."""
    if isinstance(subject, Organisation):
        return subject
    organisation: Organisation = subject.organisation
    return organisation


def firms_of(user: User, *roles: str) -> QuerySet[Organisation]:
    """Return the organisations that a user may see in one of these roles."""
    held = [m for m in user.held if m.role in roles]
    everything = Organisation.objects.all()
    if any(m.district == "" and m.role != Role.FIRM for m in held):
        return everything
    districts = {m.district for m in held if m.role != Role.FIRM}
    own = {m.organisation_id for m in held if m.role == Role.FIRM}
    return everything.filter(district__in=districts) | everything.filter(pk__in=own)
