"""Add and correct organisations that are not in the register: bureaus, institutes, associations, providers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.audit.log import record
from taji.web.people.models import Kind, Organisation, OrganisationKind, User

__all__ = ["HELPERS", "KeyTakenError", "helpers", "keep_organisation"]

#: What can be added here; manufacturers come with the register.
HELPERS = (Kind.BUREAU, Kind.INSTITUTE, Kind.ASSOCIATION, Kind.PROVIDER)


class KeyTakenError(TajiError):
    """Another organisation has this key."""

    code = "web.organisation_key"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "编号 {key} 已属于另一机构。请核对统一社会信用代码，或换一个编号。",
        "en": "The key {key} belongs to another organisation. Check the credit code, or choose "
        "another number.",
    }


def helpers() -> QuerySet[Organisation]:
    """Return every organisation that helps or governs, by name."""
    chosen = OrganisationKind.objects.filter(kind__in=HELPERS).values("organisation")
    return Organisation.objects.filter(pk__in=chosen).order_by("name", "pk")


def keep_organisation(
    organisation: Organisation | None,
    *,
    key: str,
    name: str,
    kinds: Iterable[str],
    district: str,
    by: User,
) -> Organisation:
    """Add an organisation, or correct one; what it is besides (a manufacturer) it stays.

    Raises
    ------
    KeyTakenError
        If another one has this key.
    """
    chosen = set(kinds) & set(HELPERS)
    one = organisation or Organisation(listed=False)
    one.key, one.name, one.district = key, name, district
    try:
        with transaction.atomic():
            one.save()
            one.kinds.filter(kind__in=HELPERS).exclude(kind__in=chosen).delete()
            for kind in sorted(chosen):
                OrganisationKind.objects.get_or_create(organisation=one, kind=kind)
            record(
                "organisation.change" if organisation else "organisation.add",
                actor=by,
                subject=f"organisation:{key}",
                name=name,
                kinds=sorted(chosen),
            )
    except IntegrityError as error:
        raise KeyTakenError(key=key) from error
    return one
