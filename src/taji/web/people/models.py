"""Users, organisations and the roles that join them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from taji.web.speech import say

__all__ = [
    "GUARDED",
    "Kind",
    "Membership",
    "Organisation",
    "OrganisationKind",
    "Role",
    "SetUp",
    "User",
]


class Role(models.TextChoices):
    """What a person may be in an organisation."""

    ADMINISTRATOR = "administrator", say("管理员", "Administrator")
    ANALYST = "analyst", say("分析员", "Analyst")
    EXPERT = "expert", say("专家", "Expert")
    AUDITOR = "auditor", say("审计员", "Auditor")
    FIRM = "firm", say("企业", "Firm")
    PROVIDER = "provider", say("服务商", "Provider")


#: Roles that must have a second factor before they see anything.
GUARDED = frozenset({Role.ADMINISTRATOR, Role.ANALYST, Role.EXPERT, Role.AUDITOR})


class Kind(models.TextChoices):
    """What an organisation is; it may be several things."""

    MANUFACTURER = "manufacturer", say("制造企业", "Manufacturer")
    PROVIDER = "provider", say("服务商", "Provider")
    INSTITUTE = "institute", say("院所", "Institute")
    ASSOCIATION = "association", say("协会", "Association")
    BUREAU = "bureau", say("主管部门", "Bureau")


class User(AbstractUser):
    """A person with an account, or a respondent whom an invitation let in.

    A respondent has no password: the invitation is the key, and holding a new one opens the door
    again on another device.
    """

    first_name = None
    last_name = None
    name = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=32, blank=True)

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def roles(self) -> frozenset[str]:
        """Every role this person holds somewhere."""
        return frozenset(m.role for m in self.held)

    @property
    def held(self) -> tuple[Membership, ...]:
        """Memberships, read once per request."""
        if "_held" not in self.__dict__:
            self.__dict__["_held"] = tuple(self.memberships.filter(ended_at=None))
        found: tuple[Membership, ...] = self.__dict__["_held"]
        return found


class Organisation(models.Model):
    """A firm of the register, or whoever helps it or governs it."""

    key = models.CharField(max_length=64, unique=True)  # credit code, or the bureau's own number
    name = models.CharField(max_length=200)
    district = models.CharField(max_length=16, blank=True, db_index=True)
    industry = models.CharField(max_length=16, blank=True)
    size = models.CharField(max_length=16, blank=True)
    #: Other columns of the register, as they stood.
    attributes = models.JSONField(default=dict, blank=True)
    #: Invented for demonstration: shown as such wherever the name is shown.
    invented = models.BooleanField(default=False)
    #: In the register as it stands now; what left it stays for the rounds that asked it.
    listed = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name"], name="organisation_name"),
            models.Index(fields=["district", "key"], name="organisation_district"),
        ]

    def __str__(self) -> str:
        return self.name


class OrganisationKind(models.Model):
    """One thing that an organisation is."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="kinds")
    kind = models.CharField(max_length=16, choices=Kind.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "kind"], name="kind_once"),
        ]


class Membership(models.Model):
    """A role that a person holds in an organisation, in one district or everywhere."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    #: Code of the district that the role is limited to; empty is the whole city.
    district = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role", "district"],
                condition=models.Q(ended_at=None),
                name="role_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let the user's memberships be read anew."""
        super().save(*args, **kwargs)
        self.user.__dict__.pop("_held", None)


class SetUp(models.Model):
    """A link by which a person chooses a password, once and for a while; only its digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="set_ups")
    sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    #: Used, or put out of use by a newer one.
    ended_at = models.DateTimeField(null=True, blank=True)
