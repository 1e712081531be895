"""The demo city with one object more of every kind that could leak."""

from __future__ import annotations

import io
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from taji.web.answering.models import Sheet
from taji.web.api.models import Scope
from taji.web.api.tokens import make
from taji.web.audit.models import Replay
from taji.web.demo.home import Welcome, fill_home
from taji.web.fieldwork.evidence import add_evidence
from taji.web.fieldwork.models import Analysis, Assignment
from taji.web.office.models import Moved, Pack, Switch
from taji.web.people.models import Membership, Role, User
from taji.web.planning.asking import ask_roadmap, ask_work
from taji.web.planning.jobs import do_work, make_roadmap
from taji.web.planning.models import Kind, Roadmap, Work
from taji.web.publishing.models import Comparison, Made, Portrait
from taji.web.register.models import RegisterImport
from taji.web.rounds.models import Case, Contact, Errand, Invitation, Round

__all__ = ["fill"]

OPTIONS = "enterprise,option,value,use_money,group_size\n" + "".join(
    f"e{n},plan,{n + 1},{100 + n},{'small' if n % 2 else 'medium'}\n" for n in range(6)
)
FLOORS = '[{"group": "group_size", "value": "small", "use": "use_money", "min": 100}]'
AFFINITY = "application,reviewer,affinity,conflict\n" + "".join(
    f"A{a},R{r},{a + r},0\n" for a in range(3) for r in range(3)
)


def fill(home: Path) -> Welcome:
    """Fill the database and the folder of files."""
    welcome = fill_home(home)
    analyst = User.objects.get(username="analyst")
    for firm in Case.objects.order_by("pk").values_list("organisation_id", flat=True)[:60]:
        Contact.objects.get_or_create(organisation_id=firm, phone=f"1390000{firm:04d}")
    _evidence()
    _work(analyst)
    _versions()
    _roadmaps()
    _decisions(analyst)
    (home / "backups").mkdir(exist_ok=True)
    (home / "backups" / "taji-20260101-000000.zip").write_bytes(b"a backup")
    for role in (Role.ANALYST, Role.AUDITOR, Role.FIRM):
        owner = Membership.objects.filter(role=role, district="").first().user
        make(owner, name="test", scopes=list(Scope.values), days=30)
    return welcome


def _evidence() -> None:
    """Each expert keeps a photo and a note on the first firm assigned."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(picture, "JPEG")
    for expert in User.objects.filter(memberships__role=Role.EXPERT):
        assignment = Assignment.objects.filter(expert=expert, ended_at=None).first()
        sheet = Sheet.objects.get_or_create(
            case=assignment.case, track=Sheet.Track.EXPERT, author=expert
        )[0]
        photo = SimpleUploadedFile("车间.jpg", picture.getvalue())
        add_evidence(sheet, "q2", by=expert, note="现场照片（虚构）", upload=photo)


def _work(analyst: User) -> None:
    """Imports, errands, comparisons, analyses and replays that were done."""
    rounds = list(Round.objects.order_by("pk"))
    RegisterImport.objects.create(
        file=ContentFile(b"enterprise,name\n", "register.csv"),
        name="register.csv",
        sha256="0" * 64,
        by=analyst,
        state=RegisterImport.State.READ,
    )
    for kind in Errand.Kind.values:
        Errand.objects.create(
            round=rounds[-1],
            kind=kind,
            state=Errand.State.DONE,
            by=analyst,
            result=ContentFile(b"result\n", "result.csv"),
            name="result.csv",
        )
    done = {"state": Made.FAILED, "problem": {"zh": "示例", "en": "example"}, "asked_by": analyst}
    Comparison.objects.create(before=rounds[0], after=rounds[-1], **done)
    Analysis.objects.create(round=rounds[0], **done)
    Replay.objects.create(portrait=Portrait.objects.first(), **done)


def _versions() -> None:
    """A pack of the bureau's own, what it would change, and a backup."""
    admin = User.objects.get(username="admin")
    pack = Pack.objects.create(
        kind="models",
        pack="own",
        version="1.1",
        title_zh="自有模型（虚构）",
        title_en="Our own model (invented)",
        folder="packs/models/own/1.1",
        sha256="0" * 64,
        by=admin,
    )
    switch = Switch.objects.create(pack=pack, state=Made.DONE, firms=1, changed=1, asked_by=admin)
    case = Case.objects.select_related("organisation").first()
    Moved.objects.create(
        switch=switch,
        round_id=case.round_id,
        enterprise=case.organisation.key,
        level_before="1",
        level_after="2",
    )


def _roadmaps() -> None:
    """Firms whose way to the next level was asked for: one has a plan, others have none yet."""
    open_round = Invitation.objects.filter(case__state=Case.State.SUBMITTED)
    first = open_round.exclude(user=None).order_by("pk").first()
    planned = _ask(Sheet.objects.get(case=first.case, track=Sheet.Track.FIRM), first.user)
    make_roadmap.func(planned.pk)
    found = Roadmap.objects.filter(pk=planned.pk).values("state", "sentence", "content").get()
    assert found["state"] == Made.DONE
    analyst = User.objects.get(username="analyst")
    for role in (Role.EXPERT, Role.FIRM):
        user = Membership.objects.filter(role=role, user__username=role).get().user
        own = Assignment.objects.filter(expert=user, ended_at=None).values("case__organisation")
        firms = own if role == Role.EXPERT else user.memberships.values("organisation")
        sheets = Sheet.objects.filter(track=Sheet.Track.FIRM, submission__isnull=False)
        for sheet in sheets.filter(case__organisation__in=firms).order_by("pk")[:2]:
            other = _ask(sheet, analyst)
            content = {**found["content"], "enterprise": sheet.organisation.key}
            Roadmap.objects.filter(pk=other.pk).update(**{**found, "content": content})


def _ask(sheet: Sheet, by: User) -> Roadmap:
    submission = sheet.submission
    submission.sheet = sheet
    return ask_roadmap(
        submission, by=by, model="sme2024", measures="sme2024", target="2", periods=2
    )


def _decisions(analyst: User) -> None:
    """Options of a round, a portfolio, panels that could not be made, scores that were refused."""
    wishes = {"share": 50.0, "cap": 9_000, "counting": "adopted", "language": "zh", "seed": 1}
    small = {"budgets": [9_000], "ahead": 1, "periods": 2, "seconds": 5}
    its = Round.objects.order_by("pk")[0]
    options = ask_work(Kind.OPTIONS, {}, wishes | small, by=analyst, its=its)
    do_work.func(options.pk)
    asked = {"every_enterprise": False, "time_limit": 20, "seed": 1}
    files = {"options.csv": OPTIONS, "limits.json": '{"use_money": 350}', "floors.json": FLOORS}
    given = {name.split(".")[0]: _file(name, text) for name, text in files.items()}
    portfolio = ask_work(Kind.PORTFOLIO, given, asked, by=analyst)
    do_work.func(portfolio.pk)
    rules = {"per_application": 4, "max_load": 3}
    panel = ask_work(Kind.PANEL, {"affinity": _file("affinity.csv", AFFINITY)}, rules, by=analyst)
    do_work.func(panel.pk)
    wishes = {"fund": None, "model": "linear", "seed": 1}
    scores = _file("scores.csv", "application,reviewer,score\nA,R,good\n")
    refused = ask_work(Kind.RANKING, {"ratings": scores}, wishes, by=analyst)
    do_work.func(refused.pk)
    states = Work.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [Made.DONE, Made.DONE, Made.FAILED, Made.FAILED]


def _file(name: str, text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())
