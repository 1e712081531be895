"""The way into a platform to which nobody can sign in yet.

Decides whether there is an administrator who has chosen a password; until then, every start gives a
new link by which the first one does.
"""

from __future__ import annotations

from taji.base.text import Language, Text
from taji.web.people.accounts import first_administrator
from taji.web.people.links import new_link
from taji.web.people.models import Membership, Role

__all__ = ["USERNAME", "way_in"]

USERNAME = "admin"
NAME = Text(zh="管理员", en="Administrator")
BUREAU = Text(zh="主管部门", en="The bureau")
#: How Django marks a password that nobody has chosen.
UNUSABLE = "!"


def way_in(language: Language) -> str | None:
    """Return the link by which the first administrator chooses a password; None once one has.

    The account and its bureau are made, named in ``language``, where there is none.
    """
    held = Membership.objects.filter(
        role=Role.ADMINISTRATOR, ended_at=None, user__is_active=True
    ).order_by("pk")
    if held.exclude(user__password__startswith=UNUSABLE).exists():
        return None
    first = held.select_related("user").first()
    user = (
        first_administrator(USERNAME, name=NAME[language], bureau=BUREAU[language])
        if first is None
        else first.user
    )
    return new_link(user, by=None)
