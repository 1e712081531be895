"""The synthetic city in the platform's tables: its register, a round that is over, one that runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.core.files.base import ContentFile
from django.utils import timezone

from taji.catalogue.load import questionnaire
from taji.city.chance import uniform
from taji.city.fieldwork import Round as Held
from taji.city.fieldwork import survey_round
from taji.city.truth import Truth
from taji.web.answering.giving import Value
from taji.web.answering.models import AnswerEvent, Consent
from taji.web.answering.whole_sheets import Filled, fill, sheets_of
from taji.web.fieldwork.assessing import claimed, hand_in
from taji.web.fieldwork.assigning import assign
from taji.web.fieldwork.drawing import draw_subsample
from taji.web.fieldwork.models import Assignment
from taji.web.people.models import Kind, Membership, Organisation, OrganisationKind, Role, User
from taji.web.rounds import tokens
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Contact, Invitation, Round

__all__ = ["OpenRound", "add_open_round", "add_past_round", "add_register", "assess"]

#: Seed and size of the round that runs: another draw from the same city. [firms]
OPEN_SEED, OPEN_SIZE = 2026, 240
#: Days since the round that runs was opened, and until it closes. [days]
SINCE, LEFT = 12, 30
#: Of the firms that will answer: the share that has handed in, and that is answering. [fraction]
DONE, HALF = 0.5, 0.25
#: Of the firms that will not answer: the share that has said so; of all: not invited yet. [fraction]
DECLINED, WAITING = 0.15, 0.08
#: Share of a half-filled sheet that is filled. [fraction]
FILLED = 0.4
#: How often an expert puts a firm one rung below what it says of itself. [fraction]
OVERRATED = 0.3
NAMED = ("enterprise", "name", "district", "industry", "size", "invented")
PURPOSE = {
    "purpose_zh": "演示：用于了解全市中小制造企业的数字化水平。企业与答案均为虚构。",
    "purpose_en": "Demonstration: to know how digital the city's small manufacturers are. Firms "
    "and answers are invented.",
}


def add_register(truth: Truth) -> dict[str, Organisation]:
    """Add every firm of the city; returned by key."""
    rows = truth.register.iter_rows(named=True)
    firms = Organisation.objects.bulk_create(
        (
            Organisation(
                key=row["enterprise"],
                name=row["name"],
                district=row["district"],
                industry=row["industry"],
                size=row["size"],
                attributes={k: v for k, v in row.items() if k not in NAMED},
                invented=True,
            )
            for row in rows
        ),
        batch_size=1_000,
    )
    OrganisationKind.objects.bulk_create(
        (OrganisationKind(organisation=firm, kind=Kind.MANUFACTURER) for firm in firms),
        batch_size=1_000,
    )
    return {firm.key: firm for firm in firms}


def add_past_round(truth: Truth, firms: Mapping[str, Organisation], *, by: User) -> Round:
    """Add the round that made the published portrait: imported from a file, frozen."""
    held = survey_round(truth)
    begins = timezone.make_aware(dt.datetime.combine(truth.city.round.begins, dt.time(9)))
    its = _round(
        truth,
        slug=truth.city.period,
        title_zh=f"{truth.city.period}年中小制造企业数字化调查（模拟）",
        title_en=f"Survey of small manufacturers {truth.city.period} (simulated)",
        state=Round.State.FROZEN,
        period=truth.city.period,
        opens_on=begins.date(),
        frozen_at=begins + dt.timedelta(days=truth.city.round.days),
    )
    _keep_draw(its, truth, held)
    cases = _cases(its, held, firms, invited_at=begins)
    answers = dict(
        zip(held.answers["enterprise"], sheets_of(held.answers, asked_of(its)), strict=True)
    )
    fill(
        [
            Filled(
                case=cases[key],
                answers=answer,
                by=by,
                begun_at=begins + dt.timedelta(hours=3 * number),
                submitted_at=begins + dt.timedelta(hours=3 * number + 1),
            )
            for number, (key, answer) in enumerate(answers.items())
        ],
        source=AnswerEvent.Source.FILE,
    )
    return its


@dataclass(frozen=True, slots=True)
class OpenRound:
    """The round that runs.

    Attributes
    ----------
    round : Round
    firm : Organisation
        A firm in the middle of its answers, and of the past round where there is one.
    invitation : Invitation
        One that nobody has used yet.
    """

    round: Round
    firm: Organisation
    invitation: Invitation


def add_open_round(
    truth: Truth, firms: Mapping[str, Organisation], *, by: User, today: dt.date
) -> OpenRound:
    """Add a round in the middle of its field time: firms at every stage."""
    held = survey_round(truth, seed=OPEN_SEED, size=OPEN_SIZE)
    opened = timezone.make_aware(dt.datetime.combine(today, dt.time(9))) - dt.timedelta(days=SINCE)
    its = _round(
        truth,
        slug=f"{today.year}-demo",
        title_zh=f"{today.year}年中小制造企业数字化调查（演示，填报中）",
        title_en=f"Survey of small manufacturers {today.year} (demonstration, open)",
        state=Round.State.OPEN,
        period=str(today.year),
        opens_on=opened.date(),
        closes_on=today + dt.timedelta(days=LEFT),
        **PURPOSE,
    )
    _keep_draw(its, truth, held)
    cases = _cases(its, held, firms, invited_at=opened)
    stages = _stages(list(cases), set(held.answers["enterprise"]))
    invitations = _invite({key: cases[key] for key in cases if stages[key] != "drawn"}, by=by)
    answers = dict(
        zip(held.answers["enterprise"], sheets_of(held.answers, asked_of(its)), strict=True)
    )
    filled = [
        _answered(cases[key], invitations[key], answers[key], opened, whole=stage == "submitted")
        for key, stage in stages.items()
        if stage in ("submitted", "answering")
    ]
    fill(filled)
    for stage in ("drawn", "declined"):
        here = [cases[key].pk for key in cases if stages[key] == stage]
        changed: dict[str, Any] = {"invited_at": None} if stage == "drawn" else {}
        Case.objects.filter(pk__in=here).update(state=stage, **changed)
    half = next(one for one in filled if one.submitted_at is None)
    unused = next(invitations[key] for key in cases if stages[key] == "invited")
    return OpenRound(its, half.case.organisation, unused)


def _stages(keys: Sequence[str], answering: set[str]) -> dict[str, str]:
    """How far each firm has come."""
    luck = dict(zip(keys, uniform(OPEN_SEED, "stage", keys), strict=True))
    asked = dict(zip(keys, uniform(OPEN_SEED, "asked", keys), strict=True))
    stages = {}
    for key in keys:
        if asked[key] < WAITING:
            stages[key] = "drawn"
        elif key not in answering:
            stages[key] = "declined" if luck[key] < DECLINED else "invited"
        elif luck[key] < DONE:
            stages[key] = "submitted"
        else:
            stages[key] = "answering" if luck[key] < DONE + HALF else "invited"
    return stages


def _round(truth: Truth, **more: Any) -> Round:
    city = truth.city
    return Round.objects.create(
        questionnaire=city.questionnaires[0],
        also=list(city.questionnaires[1:]),
        model_ids=list(city.models),
        packs={
            f"questionnaires/{name}": questionnaire(name).version for name in city.questionnaires
        },
        strata=list(city.round.strata),
        design={"totals": "asked"},
        city_zh=city.title.zh,
        city_en=city.title.en,
        simulated=True,
        **more,
    )


def _keep_draw(its: Round, truth: Truth, held: Held) -> None:
    """Keep register, sample and certificate, as a draw on the platform would."""
    register, sample = f"{its.slug}-register.csv", f"{its.slug}-sample.csv"
    certificate = held.drawn.certificate.model_copy(
        update={"register_file": register, "sample_file": sample}
    )
    for field, name, content in (
        (its.register_file, register, truth.register.write_csv(include_bom=True).encode()),
        (its.sample_file, sample, held.drawn.sample.write_csv(include_bom=True).encode()),
        (its.certificate_file, f"{its.slug}.json", certificate.model_dump_json(indent=1).encode()),
    ):
        field.save(name, ContentFile(content), save=False)
    its.save()


def _cases(
    its: Round, held: Held, firms: Mapping[str, Organisation], *, invited_at: dt.datetime
) -> dict[str, Case]:
    sample: pl.DataFrame = held.drawn.sample
    made = Case.objects.bulk_create(
        Case(
            round=its,
            organisation=firms[row["enterprise"]],
            state=Case.State.INVITED,
            stratum=row["stratum"],
            stratum_size=row["stratum_size"],
            stratum_drawn=row["stratum_drawn"],
            weight=row["weight"],
            invited_at=invited_at,
        )
        for row in sample.iter_rows(named=True)
    )
    return {case.organisation.key: case for case in made}


def _invite(cases: Mapping[str, Case], *, by: User) -> dict[str, Invitation]:
    """Invite by letter; every invitation gets its person when it is answered."""
    Contact.objects.bulk_create(
        Contact(
            organisation=case.organisation,
            name="联系人（虚构）",
            email=f"firm-{number}@example.invalid",
            address=f"株洲市虚构路 {number} 号",
        )
        for number, case in enumerate(cases.values(), start=1)
    )
    made = Invitation.objects.bulk_create(
        Invitation(
            case=case, nonce=tokens.new_nonce(), channel=Invitation.Channel.LETTER, made_by=by
        )
        for case in cases.values()
    )
    return dict(zip(cases, made, strict=True))


def _answered(
    case: Case,
    invitation: Invitation,
    answers: Mapping[str, Value],
    opened: dt.datetime,
    *,
    whole: bool,
) -> Filled:
    """A sheet as the firm's own person filled it: whole and handed in, or the first part."""
    person = _respondent(invitation, opened)
    consent = Consent.objects.create(case=case, by=person, **PURPOSE)
    begun = opened + dt.timedelta(hours=7 * (case.pk % 39))
    told = dict(list(answers.items())[: None if whole else max(1, int(FILLED * len(answers)))])
    return Filled(
        case=case,
        answers=told,
        by=person,
        begun_at=begun,
        submitted_at=begun + dt.timedelta(minutes=35) if whole else None,
        consent=consent,
    )


def _respondent(invitation: Invitation, at: dt.datetime) -> User:
    user = User(username=f"r-{invitation.pk}", name="填报人（虚构）")
    user.set_unusable_password()
    user.save()
    firm = invitation.case.organisation
    Membership.objects.create(user=user, organisation=firm, role=Role.FIRM)
    invitation.user, invitation.opened_at = user, at
    invitation.save(update_fields=["user", "opened_at"])
    return user


def assess(
    its: Round, experts: Sequence[User], *, by: User, firms: int, twice: int, done: int
) -> None:
    """Draw firms of a round for experts; some are assessed already, a little below their own word."""
    draw_subsample(its, size=firms, strata=(), seed=OPEN_SEED, by=by)
    assign(its, people=list(experts), twice=twice, due_on=None, by=by)
    given = Assignment.objects.filter(case__round=its).order_by("case__second_phase__pk", "pk")
    given = given.select_related("case__organisation", "case__round", "expert")
    finished = list(dict.fromkeys(one.case_id for one in given))[:done]
    visits = [one for one in given if one.case_id in finished]
    names = [f"{one.case.organisation.key} {one.expert.username}" for one in visits]
    luck = uniform(OPEN_SEED, "expert", names)
    fill(
        [
            Filled(
                case=one.case,
                answers=_sobered(claimed(one.case), strict=float(luck[number])),
                by=one.expert,
                expert=one.expert,
                begun_at=timezone.now() - dt.timedelta(hours=2),
            )
            for number, one in enumerate(visits)
        ],
        source=AnswerEvent.Source.VISIT,
    )
    for one in visits:
        hand_in(one, by=one.expert)


def _sobered(answers: Mapping[str, Value], *, strict: float) -> dict[str, Value]:
    """What an expert finds: some rungs of the scenarios one lower."""
    rungs = [key for key, value in answers.items() if key.startswith("s_") and str(value) > "0"]
    lower = set(rungs[:: max(1, round((1 - strict) / OVERRATED))])
    return {k: str(int(str(v)) - 1) if k in lower else v for k, v in answers.items()}
