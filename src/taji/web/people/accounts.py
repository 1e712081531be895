"""Make accounts, give and end roles, help with lost second factors, switch accounts off.

Decides what an administrator may not do: raise or free themselves, or leave the platform without
an administrator. Whether somebody is one, ``taji.web.access`` decides.
"""

from __future__ import annotations

from typing import ClassVar

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.web.audit.log import record
from taji.web.people.models import Kind, Membership, Organisation, OrganisationKind, Role, User
from taji.web.speech import both

__all__ = [
    "DISTRICTED",
    "SEATS",
    "LastAdministratorError",
    "OwnAccountError",
    "SeatError",
    "TakenError",
    "add_person",
    "end_role",
    "first_administrator",
    "give_role",
    "reset_second_factor",
    "switch",
]

#: What an organisation must be for each role.
SEATS: dict[str, frozenset[str]] = {
    Role.ADMINISTRATOR: frozenset({Kind.BUREAU}),
    Role.ANALYST: frozenset({Kind.BUREAU}),
    Role.AUDITOR: frozenset({Kind.BUREAU, Kind.INSTITUTE, Kind.ASSOCIATION}),
    Role.EXPERT: frozenset({Kind.BUREAU, Kind.INSTITUTE, Kind.ASSOCIATION, Kind.PROVIDER}),
    Role.FIRM: frozenset({Kind.MANUFACTURER}),
    Role.PROVIDER: frozenset({Kind.PROVIDER}),
}
#: Roles that may be limited to one district.
DISTRICTED = frozenset({Role.ANALYST, Role.EXPERT})


class LastAdministratorError(TajiError):
    """Nobody would be left to administer the platform."""

    code = "web.last_administrator"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{name} 是唯一的管理员。请先为另一人开通管理员角色，再结束此人的。",
        "en": "{name} is the only administrator. Make somebody else one first.",
    }


class OwnAccountError(TajiError):
    """An administrator would change what they themselves may do."""

    code = "web.own_account"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "不能给自己开通角色、重置自己的第二因素或停用自己的账户，请由另一位管理员操作。",
        "en": "Nobody gives themselves a role, resets their own second factor or switches their "
        "own account off. Ask another administrator.",
    }


class SeatError(TajiError):
    """The organisation is not one in which this role is held."""

    code = "web.seat"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{organisation}”不是{needed}，其人员不能担任{role}。请改选机构，或先修改机构类别。",
        "en": "{organisation} is not one of: {needed}. The role {role} is not held there. Choose "
        "another organisation, or correct what this one is.",
    }


class TakenError(TajiError):
    """The account name belongs to somebody."""

    code = "web.account_taken"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "账户名 {username} 已有人使用。请换一个。",
        "en": "The account name {username} is taken. Choose another.",
    }


def add_person(
    username: str, *, name: str, by: User | None, email: str = "", phone: str = ""
) -> User:
    """Make an account without a password; a set-up link lets the person choose one.

    Raises
    ------
    TakenError
        If the name belongs to somebody.
    """
    try:
        with transaction.atomic():
            user = User(username=username, name=name, email=email, phone=phone)
            user.set_unusable_password()
            user.save()
            record("account.add", actor=by, subject=f"user:{username}", name=name)
    except IntegrityError as error:
        raise TakenError(username=username) from error
    return user


def give_role(
    user: User, organisation: Organisation, role: str, *, by: User | None, district: str = ""
) -> Membership:
    """Let ``user`` act as ``role`` for an organisation, in one district or the whole city.

    A role that is held already is returned as it is.

    Raises
    ------
    OwnAccountError, SeatError
        If it is for oneself, or the organisation is no place for it.
    """
    if by is not None and by.pk == user.pk:
        raise OwnAccountError
    kinds = set(organisation.kinds.values_list("kind", flat=True))
    if not kinds & SEATS[role]:
        raise SeatError(
            organisation=organisation.name,
            needed=_listed(sorted(SEATS[role])),
            role=both(Role(role).label),
        )
    with transaction.atomic():
        held, made = Membership.objects.get_or_create(
            user=user,
            organisation=organisation,
            role=role,
            district=district if role in DISTRICTED else "",
            ended_at=None,
        )
        if made:
            _tell("role.give", held, by)
    return held


def end_role(held: Membership, *, by: User) -> None:
    """End a role; it stays in the history.

    Raises
    ------
    LastAdministratorError
        If nobody else administers the platform.
    """
    with transaction.atomic():
        if held.role == Role.ADMINISTRATOR:
            _keep_one(but=held.user)
        if held.ended_at is None:
            held.ended_at = timezone.now()
            held.save(update_fields=["ended_at"])
            _tell("role.end", held, by)


def reset_second_factor(user: User, *, by: User) -> None:
    """Remove what a person lost; the next sign-in sets a new second factor up.

    Raises
    ------
    OwnAccountError
        If it is one's own.
    """
    if by.pk == user.pk:
        raise OwnAccountError
    with transaction.atomic():
        removed, _ = Authenticator.objects.filter(user=user).delete()
        record(
            "account.second_factor_reset",
            actor=by,
            subject=f"user:{user.username}",
            removed=removed,
        )


def switch(user: User, *, on: bool, by: User) -> None:
    """Let an account sign in, or no longer; open sessions end with the next page.

    Raises
    ------
    OwnAccountError, LastAdministratorError
        If it is one's own, or nobody else administers the platform.
    """
    if by.pk == user.pk:
        raise OwnAccountError
    with transaction.atomic():
        if not on and Role.ADMINISTRATOR in user.roles:
            _keep_one(but=user)
        user.is_active = on
        user.save(update_fields=["is_active"])
        record("account.on" if on else "account.off", actor=by, subject=f"user:{user.username}")


def first_administrator(username: str, *, name: str, bureau: str) -> User:
    """Make the first account of a new platform, and the bureau it belongs to.

    Raises
    ------
    TakenError
        If the name belongs to somebody.
    """
    with transaction.atomic():
        organisation, _ = Organisation.objects.get_or_create(
            key="bureau", defaults={"name": bureau}
        )
        OrganisationKind.objects.get_or_create(organisation=organisation, kind=Kind.BUREAU)
        user = add_person(username, name=name, by=None)
        give_role(user, organisation, Role.ADMINISTRATOR, by=None)
    return user


def _keep_one(*, but: User) -> None:
    """Refuse if ``but`` is the only one who administers; holds the others until the end."""
    others = Membership.objects.select_for_update(of=("self",)).filter(
        role=Role.ADMINISTRATOR, ended_at=None, user__is_active=True
    )
    if all(held.user_id == but.pk for held in others):
        raise LastAdministratorError(name=str(but))


def _listed(kinds: list[str]) -> Text:
    """Kinds of organisation, as a sentence names them."""
    labels = [both(Kind(kind).label) for kind in kinds]
    return Text(
        zh="、".join(one.zh for one in labels), en=", ".join(one.en.lower() for one in labels)
    )


def _tell(action: str, held: Membership, by: User | None) -> None:
    record(
        action,
        actor=by,
        subject=f"user:{held.user.username}",
        role=held.role,
        organisation=held.organisation.key,
        district=held.district,
    )
