"""Firms are invited, reminded and left alone."""

from __future__ import annotations

import datetime as dt
import smtplib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from python_calamine import CalamineWorkbook

from taji.web.office.models import Setting
from taji.web.rounds import chasing, inviting, mailing, tokens
from taji.web.rounds.models import Case, Contact, Errand, Invitation, Mail, Reminder

State = Case.State
TODAY = dt.date(2027, 3, 31)


def cases(bureau):
    return Case.objects.filter(round=bureau.round)


def invited(bureau, days: int, **other):
    """Let every firm have been invited so many days ago."""
    at = timezone.make_aware(dt.datetime.combine(TODAY - dt.timedelta(days=days), dt.time(15, 0)))
    cases(bureau).update(state=State.INVITED, invited_at=at, **other)


def sheet_of(book: bytes) -> list[list[object]]:
    """The rows of a workbook."""
    return CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_index(0).to_python()


def due(bureau) -> dict[int, int]:
    return {n: q.count() for n, q in chasing.due(bureau.round, today=TODAY).items() if q.count()}


# --- invitations -------------------------------------------------------------------------


def test_every_firm_gets_one_link_and_counts_as_invited(bureau):
    bureau.opened()

    errand = bureau.errand(Errand.Kind.INVITE, channel="list")

    assert errand.counts == {"invited": 12}
    assert set(cases(bureau).values_list("state", flat=True)) == {State.INVITED}
    links = [row["link"] for row in inviting.link_rows(bureau.round)]
    found = {tokens.find(link.rstrip("/").rpartition("/")[2]).case_id for link in links}
    assert found == set(cases(bureau).values_list("pk", flat=True))


def test_inviting_again_makes_no_second_link(bureau):
    bureau.invited()

    errand = bureau.errand(Errand.Kind.INVITE, channel="list")

    assert errand.counts == {"invited": 0}
    assert Invitation.objects.filter(case__round=bureau.round).count() == 12


def test_the_list_of_links_runs_no_formula(bureau, signed_in):
    bureau.invited()
    case = cases(bureau).first()
    case.organisation.name = "=cmd()"
    case.organisation.save()
    browser = signed_in("analyst")

    text = browser.get("/rounds/2027/links/", {"as": "csv"}).getvalue().decode("utf-8-sig")
    book = browser.get("/rounds/2027/links/").content

    assert "'=cmd()" in text
    assert len(sheet_of(book)) == 13
    assert b"<f>" not in book


def test_a_closed_link_lets_nobody_in_and_a_new_one_does(bureau):
    bureau.invited()
    old = Invitation.objects.filter(case__round=bureau.round).first()
    before = tokens.token(old)

    new = inviting.renew(old.case, by=bureau.analyst)

    assert tokens.find(before) is None
    assert tokens.find(tokens.token(new)) == new


def test_letters_are_one_pdf_with_a_page_a_firm(bureau):
    bureau.opened()

    errand = bureau.errand(
        Errand.Kind.LETTERS,
        bureau_zh="工信局（虚构）",
        bureau_en="Bureau (invented)",
        phone="0731-0000000",
        minutes=40,
        language="zh",
    )

    assert errand.state == Errand.State.DONE, errand.problem
    with pikepdf.open(errand.result.path) as pdf:
        assert len(pdf.pages) == 12


# --- mail --------------------------------------------------------------------------------


def test_mails_go_to_those_with_an_address_and_the_others_are_counted(bureau):
    bureau.opened()

    errand = bureau.errand(Errand.Kind.MAIL, what="invitation")

    addressed = cases(bureau).filter(organisation__contacts__email__contains="@").count()
    assert len(outbox.outbox) == addressed
    assert errand.counts["sent"] == addressed
    assert errand.counts["without_address"] == 12 - addressed
    assert cases(bureau).filter(state=State.INVITED).count() == addressed
    assert all(tokens.find(m.body.split("/i/")[1].split("/")[0]) for m in outbox.outbox)


def test_mails_come_from_the_bureau_and_are_signed_by_it(bureau):
    bureau.opened()
    kept = {"mail_sender": "survey@example.org", "bureau_name_zh": "工信局（虚构）"}
    for name, value in {**kept, "bureau_phone": "0731-0000000"}.items():
        Setting.objects.create(name=name, value=value)

    bureau.errand(Errand.Kind.MAIL, what="invitation")

    first = outbox.outbox[0]
    assert first.from_email == "survey@example.org"
    assert first.body.count("工信局（虚构）\n0731-0000000") == 2


def test_nothing_is_sent_twice(bureau):
    bureau.opened()
    errand = bureau.errand(Errand.Kind.MAIL, what="invitation")
    sent = len(outbox.outbox)

    Errand.objects.update(state=Errand.State.FAILED)
    bureau.again(errand)
    bureau.errand(Errand.Kind.MAIL, what="invitation")

    assert len(outbox.outbox) == sent


def test_a_mail_whose_fate_is_unknown_is_listed_and_never_sent_by_itself(bureau, monkeypatch):
    bureau.opened()
    real, calls = EmailBackend.send_messages, []

    def killed(self, messages):
        calls.append(messages)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", killed)
    with pytest.raises(KeyboardInterrupt):
        bureau.errand(Errand.Kind.MAIL, what="invitation")
    errand = Errand.objects.latest("pk")
    assert Mail.objects.filter(state=Mail.State.SENDING).count() == 1

    bureau.again(errand)

    assert errand.counts["sending"] == 1
    unknown = Mail.objects.get(state=Mail.State.SENDING)
    addresses = [m.to[0] for m in outbox.outbox]
    assert len(addresses) == len(set(addresses))
    assert unknown.address not in addresses


def test_a_refused_address_is_listed_and_tried_again_once_corrected(bureau, monkeypatch):
    bureau.opened()
    real = EmailBackend.send_messages
    bad = cases(bureau).filter(organisation__contacts__email__contains="@").first()
    address = bad.organisation.contacts.get().email

    def refusing(self, messages):
        if messages[0].to == [address]:
            raise smtplib.SMTPRecipientsRefused({address: (550, b"no such box")})
        return real(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refusing)
    errand = bureau.errand(Errand.Kind.MAIL, what="invitation")
    assert (errand.state, errand.counts["failed"]) == (Errand.State.DONE, 1)
    bad.refresh_from_db()
    assert bad.state == State.DRAWN

    Contact.objects.filter(organisation=bad.organisation).update(email="right@example.com")
    again = bureau.errand(Errand.Kind.MAIL, what="invitation")

    assert again.counts["sent"] == 1
    assert outbox.outbox[-1].to == ["right@example.com"]
    assert Invitation.objects.filter(case=bad).count() == 1


def test_a_server_that_is_away_fails_the_errand_and_what_waits_goes_out_later(bureau, monkeypatch):
    bureau.opened()

    def away(self):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "open", away)
    with pytest.raises(ConnectionRefusedError):
        bureau.errand(Errand.Kind.MAIL, what="invitation")
    errand = Errand.objects.latest("pk")
    assert errand.state == Errand.State.FAILED
    assert not Mail.objects.exclude(state=Mail.State.WAITING).exists()
    monkeypatch.undo()

    assert bureau.again(errand).counts["sent"] > 0


def test_without_a_server_nothing_is_promised(bureau, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = mailing.SMTP, ""
    bureau.opened()

    errand = bureau.errand(Errand.Kind.MAIL, what="invitation")

    assert errand.state == Errand.State.REFUSED
    assert not Mail.objects.exists()


# --- the chase list ----------------------------------------------------------------------


@pytest.mark.parametrize(("days", "number"), [(0, None), (6, None), (7, 1), (30, 1)])
def test_nothing_goes_out_before_day_seven(bureau, days, number):
    bureau.opened()
    invited(bureau, days)

    assert due(bureau) == ({number: 12} if number else {})
    if number is None:
        found = chasing.chase(bureau.round, today=TODAY)
        assert found.first_day == TODAY + dt.timedelta(days=7 - days)
        assert found.waiting == 12


@pytest.mark.parametrize(
    ("days", "had", "number"), [(13, 1, None), (14, 1, 2), (20, 2, None), (21, 2, 3), (60, 3, None)]
)
def test_reminders_follow_on_days_fourteen_and_twenty_one_and_then_end(bureau, days, had, number):
    bureau.opened()
    long_ago = timezone.now() - dt.timedelta(days=4000)
    invited(bureau, days, reminders=had, reminded_at=long_ago)

    assert due(bureau) == ({number: 12} if number else {})


def test_a_late_reminder_is_not_followed_by_the_next_a_day_later(bureau):
    bureau.opened()
    yesterday = timezone.make_aware(dt.datetime.combine(TODAY - dt.timedelta(days=1), dt.time(9)))
    invited(bureau, 14, reminders=1, reminded_at=yesterday)

    assert due(bureau) == {}


def test_the_bureau_may_set_other_days(bureau):
    Setting.objects.create(name="reminder_days", value=[3])
    bureau.opened()
    invited(bureau, 3)

    assert due(bureau) == {1: 12}


def test_who_declined_answered_or_asked_for_a_pause_is_left_alone(bureau):
    bureau.opened()
    invited(bureau, 10)
    one, two, three, four = cases(bureau).order_by("pk")[:4]
    chasing.take_no_part(one, note="停产", by=bureau.analyst)
    cases(bureau).filter(pk=two.pk).update(state=State.SUBMITTED)
    chasing.absent(three, until=TODAY + dt.timedelta(days=1), note="出差", by=bureau.analyst)
    chasing.absent(four, until=TODAY, note="出差", by=bureau.analyst)

    assert due(bureau) == {1: 9}
    one.refresh_from_db()
    assert (one.state, one.note) == (State.DECLINED, "停产")


def test_after_the_third_the_list_says_that_it_is_over(bureau):
    bureau.opened()
    eight = timezone.make_aware(dt.datetime.combine(TODAY - dt.timedelta(days=7), dt.time(9)))
    invited(bureau, 29, reminders=3, reminded_at=eight)

    found = chasing.chase(bureau.round, today=TODAY)
    assert (found.ended, found.waiting, sum(found.due.values())) == (12, 0, 0)

    assert chasing.note_end(bureau.round, by=bureau.analyst, today=TODAY) == 12
    assert chasing.chase(bureau.round, today=TODAY).ended == 0


def test_a_reminder_by_mail_and_then_by_phone_reaches_each_firm_once(bureau):
    bureau.invited()
    cases(bureau).update(invited_at=timezone.now() - dt.timedelta(days=8))

    by_mail = bureau.errand(Errand.Kind.MAIL, what="reminders")
    by_phone = bureau.errand(Errand.Kind.PHONE)

    assert by_mail.counts["sent"] + by_phone.counts["phones"] == 12
    assert by_phone.counts["phones"] == by_mail.counts["without_address"] > 0
    assert set(cases(bureau).values_list("reminders", flat=True)) == {1}
    assert Reminder.objects.count() == 12
    table = sheet_of(Path(by_phone.result.path).read_bytes())
    assert len(table) == 1 + by_phone.counts["phones"]
    assert "提醒" in outbox.outbox[-1].subject
