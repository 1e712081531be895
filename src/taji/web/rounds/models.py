"""A round, the firms it asks, and the invitations that let them in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from taji.base.text import Text
from taji.web.people.models import Organisation
from taji.web.speech import say

__all__ = ["Case", "Contact", "Errand", "Invitation", "Mail", "Reminder", "Round"]


class Round(models.Model):
    """One survey of the city: a questionnaire, a sample, a time, and what comes of it."""

    class State(models.TextChoices):
        """Where a round stands; it only moves forward."""

        DRAFT = "draft", say("准备中", "In preparation")
        OPEN = "open", say("填报中", "Open")
        FROZEN = "frozen", say("已冻结", "Frozen")

    slug = models.SlugField(max_length=40, unique=True)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    #: Ids of the packs, and the versions they had when the round was opened.
    questionnaire = models.CharField(max_length=200)
    #: Questionnaires answered besides, so that several models can score one round.
    also = models.JSONField(default=list, blank=True)
    model_ids = models.JSONField(default=list, blank=True)
    packs = models.JSONField(default=dict, blank=True)  # {"questionnaires/sme2024": "1.0"}
    #: Readings and profile of the models, as ``taji portrait --option`` takes them.
    options = models.JSONField(default=dict, blank=True)
    profile = models.CharField(max_length=40, blank=True)
    #: Columns that strata were made of, and that results are broken down by.
    strata = models.JSONField(default=list, blank=True)
    by = models.JSONField(default=list, blank=True)
    #: Further words of ``design.yaml``: calibrate, totals, lone_unit.
    design = models.JSONField(default=dict, blank=True)
    city_zh = models.CharField(max_length=60, blank=True)
    city_en = models.CharField(max_length=60, blank=True)
    period = models.CharField(max_length=20, blank=True)
    #: Why the firms are asked and what happens to their answers; consent is given to this text.
    purpose_zh = models.TextField(blank=True)
    purpose_en = models.TextField(blank=True)
    simulated = models.BooleanField(default=False)
    #: Which firms of the register can be drawn: ``{"sizes": […], "districts": […]}``, empty: all.
    population = models.JSONField(default=dict, blank=True)
    #: Strata as drawn: ``[[stratum, firms, drawn], …]``; the certificate says the same.
    allocated = models.JSONField(default=list, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    opens_on = models.DateField(null=True, blank=True)
    closes_on = models.DateField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    #: The draw: the register as it was drawn from, the sample, its certificate.
    register_file = models.FileField(upload_to="rounds/", blank=True)
    sample_file = models.FileField(upload_to="rounds/", blank=True)
    certificate_file = models.FileField(upload_to="rounds/", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.title_zh

    @property
    def title(self) -> Text:
        """Its name."""
        return Text(zh=self.title_zh, en=self.title_en)

    @property
    def purpose(self) -> Text | None:
        """What the firms are told, if anything."""
        if not self.purpose_zh:
            return None
        return Text(zh=self.purpose_zh, en=self.purpose_en or self.purpose_zh)

    @property
    def questionnaires(self) -> tuple[str, ...]:
        """Everything that is answered, each once."""
        return tuple(dict.fromkeys((self.questionnaire, *self.also)))


class Case(models.Model):
    """One firm in one round: its place in the design, and how far it has come."""

    class State(models.TextChoices):
        """How far a firm has come."""

        DRAWN = "drawn", say("已抽中", "Drawn")
        INVITED = "invited", say("已邀请", "Invited")
        ANSWERING = "answering", say("填报中", "Answering")
        SUBMITTED = "submitted", say("已提交", "Submitted")
        DECLINED = "declined", say("不参加", "Declined")
        WITHDRAWN = "withdrawn", say("已撤回", "Withdrawn")

    round = models.ForeignKey(Round, models.PROTECT, related_name="cases")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAWN)
    stratum = models.CharField(max_length=120, blank=True)
    stratum_size = models.PositiveIntegerField(null=True, blank=True)  # firms in the register
    stratum_drawn = models.PositiveIntegerField(null=True, blank=True)
    weight = models.FloatField(null=True, blank=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    first_answer_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    #: Reminders sent, and when the bureau was told that no more will be.
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    #: The firm asked not to be reminded before this day.
    absent_until = models.DateField(null=True, blank=True)
    #: Why it declined or is absent, as it said so.
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "organisation"], name="case_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["round", "state"], name="case_state"),
            models.Index(fields=["round", "stratum", "state"], name="case_stratum"),
            # All that decides who is reminded, so that the chase list counts in the index alone.
            models.Index(
                fields=[
                    "round",
                    "state",
                    "reminders",
                    "invited_at",
                    "reminded_at",
                    "absent_until",
                    "given_up_at",
                ],
                name="case_chase",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} · {self.organisation}"


class Contact(models.Model):
    """How a firm is reached: known before the round, or given by the firm."""

    class Source(models.TextChoices):
        """Who said so. An import replaces only what an earlier import said."""

        REGISTER = "register", say("名录", "The register")
        BUREAU = "bureau", say("主管部门", "The bureau")
        FIRM = "firm", say("企业", "The firm")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
    address = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.BUREAU)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(source="register"),
                name="contact_of_register_once",
            ),
        ]


class Invitation(models.Model):
    """A key to one case. The token itself is not stored: it is made from the id, the nonce and the secret."""

    class Channel(models.TextChoices):
        """How it went out."""

        LIST = "list", say("链接清单", "List of links")
        LETTER = "letter", say("信函", "Letter")
        MAIL = "mail", say("邮件", "Mail")
        COLLEAGUE = "colleague", say("同事转交", "Handed to a colleague")

    case = models.ForeignKey(Case, models.CASCADE, related_name="invitations")
    nonce = models.CharField(max_length=32)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.LIST)
    #: Sections that its holder may answer; empty: all, and submit.
    sections = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    #: Who came in by it; the same person on every device that holds the link.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="invitations"
    )
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case", "revoked_at"], name="invitation_live"),
        ]


class Errand(models.Model):
    """Something done for a round in the background: told while it runs, kept when it is done."""

    class Kind(models.TextChoices):
        """What is done."""

        DRAW = "draw", say("抽样", "Drawing the sample")
        INVITE = "invite", say("制作邀请", "Making invitations")
        LETTERS = "letters", say("打印邀请信", "Printing letters")
        MAIL = "mail", say("发送邮件", "Sending mail")
        PHONE = "phone", say("电话催报清单", "List of firms to call")
        ANSWERS = "answers", say("导入答卷", "Importing answers")

    class State(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", say("排队中", "Queued")
        RUNNING = "running", say("进行中", "Running")
        READ = "read", say("待确认", "Waiting for your word")
        DONE = "done", say("已完成", "Done")
        REFUSED = "refused", say("被退回", "Refused")
        FAILED = "failed", say("失败，可重新运行", "Failed; can be run again")

    round = models.ForeignKey(Round, models.PROTECT, related_name="errands")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    #: What was asked for; a run that starts again does the same.
    request = models.JSONField(default=dict, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)  # {what: how many}
    problem = models.JSONField(default=dict, blank=True)  # {"zh": …, "en": …}
    #: What came in, and what came out.
    upload = models.FileField(upload_to="errands/%Y/", blank=True)
    name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    result = models.FileField(upload_to="errands/%Y/", blank=True)
    refusals = models.FileField(upload_to="errands/%Y/", blank=True)
    refusals_en = models.FileField(upload_to="errands/%Y/", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    #: District that its asker is limited to; empty is the whole city.
    district = models.CharField(max_length=16, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]


class Mail(models.Model):
    """One mail to one firm. It is marked before it is handed over, so it never goes out twice."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", say("待发送", "Waiting")
        SENDING = "sending", say("状态不明", "Unknown whether it went out")
        SENT = "sent", say("已发送", "Sent")
        FAILED = "failed", say("发送失败", "Failed")

    errand = models.ForeignKey(Errand, models.PROTECT, related_name="mails")
    case = models.ForeignKey(Case, models.PROTECT, related_name="mails")
    #: 0 is the invitation, then the number of the reminder.
    number = models.PositiveSmallIntegerField()
    address = models.EmailField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="mail_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["errand", "state"], name="mail_state")]


class Reminder(models.Model):
    """A firm was reminded: the first, second or third time, and how."""

    class Channel(models.TextChoices):
        """How."""

        MAIL = "mail", say("邮件", "Mail")
        PHONE = "phone", say("电话", "Phone")

    case = models.ForeignKey(Case, models.PROTECT, related_name="reminded")
    number = models.PositiveSmallIntegerField()  # 1, 2, 3
    channel = models.CharField(max_length=8, choices=Channel.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="reminder_once"),
        ]
