"""How a firm is reached: of several contacts, the one that knows best.

What the firm itself said goes before what the bureau noted, and that before the register.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taji.web.rounds.models import Contact

__all__ = ["NOBODY", "Reach", "reach"]

#: Who is believed first.
ORDER = (Contact.Source.FIRM, Contact.Source.BUREAU, Contact.Source.REGISTER)
FIELDS = ("name", "email", "phone", "address")


@dataclass(frozen=True, slots=True)
class Reach:
    """Person, e-mail, phone and postal address; empty where none is known."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""


NOBODY = Reach()


def reach(organisations: Iterable[int]) -> dict[int, Reach]:
    """Return how these firms are reached, in one query."""
    found: dict[int, list[tuple[int, Contact]]] = {}
    for contact in Contact.objects.filter(organisation_id__in=list(organisations)):
        place = ORDER.index(contact.source)  # type: ignore[arg-type]  # a choice of the field
        found.setdefault(contact.organisation_id, []).append((place, contact))
    return {pk: _best(contacts) for pk, contacts in found.items()}


def _best(contacts: list[tuple[int, Contact]]) -> Reach:
    ordered = [c for _, c in sorted(contacts, key=lambda pair: (pair[0], -pair[1].pk))]
    values = {f: next((v for c in ordered if (v := getattr(c, f))), "") for f in FIELDS}
    return Reach(**values)
