"""Fill an empty home with the demo city, once, and remember how to sign in.

Decides what the demo holds and in which order it is made. Everything is marked as invented.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.city.spec import load_city
from taji.city.truth import invent
from taji.web.answering.peers import ask_for_peers
from taji.web.audit.log import record
from taji.web.demo.accounts import Account, add_account, add_bureau, add_provider, staff
from taji.web.demo.city import add_open_round, add_past_round, add_register, assess
from taji.web.people.models import Organisation, Role, User
from taji.web.publishing.asking import ask_portrait, publish
from taji.web.publishing.jobs import make_portrait
from taji.web.rounds import tokens
from taji.web.rounds.models import Round
from taji.web.speech import TAGS

__all__ = ["HomeNotEmptyError", "Welcome", "fill_home", "told"]

#: Kept for the next start, readable by its owner alone: the accounts hold nothing but invented data.
NAME = "demo.json"
CITY = "zhuzhou_demo"
#: Firms that are drawn for experts, those of them that two assess, and those that are assessed
#: already. [firms]
ASSIGNED, TWICE, ASSESSED = 16, 4, 10

HEAD = Text(
    zh="演示城市（企业、人员与答案均为虚构）。各角色账户：",
    en="The demo city (firms, people and answers are invented). One account a role:",
)
FACTORS = Text(
    zh="二次验证：把 otpauth 行加入验证器应用，或使用一次性恢复码。",
    en="Second factor: give the otpauth line to an authenticator app, or use a recovery code, "
    "each good once.",
)
INVITED = Text(
    zh="一家企业的填报邀请（统一社会信用代码 {key}）：\n  {link}",
    en="A firm's invitation to answer (its credit code: {key}):\n  {link}",
)


class HomeNotEmptyError(TajiError):
    """The demo is only put where nothing is."""

    code = "web.home_not_empty"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "数据文件夹 {home} 中已有数据，不能装入演示城市。请去掉 --demo，或用 --data 指定一个新文件夹。",
        "en": "The home {home} holds data already and does not take the demo city. Leave out "
        "--demo, or name a new folder with --data.",
    }


@dataclass(frozen=True, slots=True)
class Welcome:
    """How to come in.

    Attributes
    ----------
    accounts : list of Account
    invitation, key : str
        Link of an invitation that nobody used yet, and the credit code it asks for.
    """

    accounts: Sequence[Account]
    invitation: str
    key: str


def fill_home(home: Path) -> Welcome:
    """Fill an empty home; a home that was filled before is left as it is.

    Raises
    ------
    HomeNotEmptyError
        If it holds other data.
    """
    kept = home / NAME
    if kept.is_file():
        told = json.loads(kept.read_text(encoding="utf-8"))
        return Welcome([Account(**one) for one in told.pop("accounts")], **told)
    if Organisation.objects.exists() or User.objects.exists():
        raise HomeNotEmptyError(home=home)
    with transaction.atomic():
        welcome, past = _fill()
        _keep(welcome, kept)
    _portray(past)
    return welcome


def _portray(past: Round) -> None:
    """Make the portrait of the round that is over, here and now, and publish it."""
    analyst = User.objects.get(username="analyst")
    portrait = ask_portrait(past, by=analyst)
    make_portrait.func(portrait.pk)
    portrait.refresh_from_db()
    publish(portrait, by=analyst)


def _fill() -> tuple[Welcome, Round]:
    truth = invent(load_city(CITY))
    bureau = add_bureau()
    accounts = staff(bureau)
    analyst = User.objects.get(username="analyst")
    experts = [User.objects.get(username=name) for name in ("expert", "expert2")]
    firms = add_register(truth)
    past = add_past_round(truth, firms, by=analyst)
    assess(past, experts, by=analyst, firms=ASSIGNED, twice=TWICE, done=ASSESSED)
    running = add_open_round(truth, firms, by=analyst, today=timezone.localdate())
    accounts += [
        add_account("firm", running.firm, Role.FIRM, name="企业负责人（虚构）"),
        add_account("provider", add_provider(), Role.PROVIDER, name="服务商（虚构）"),
    ]
    record("demo.fill", subject=f"city:{CITY}", firms=len(firms), rounds=[past.slug])
    for its in (past, running.round):
        ask_for_peers(its.pk, now=timezone.now())
    key = running.invitation.case.organisation.key
    return Welcome(accounts, tokens.link(running.invitation), key), past


def _keep(welcome: Welcome, path: Path) -> None:
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(made, "w", encoding="utf-8") as stream:
        json.dump(asdict(welcome), stream, ensure_ascii=False, indent=1)


def told(welcome: Welcome, language: Language) -> str:
    """Return what a person at the terminal needs to come in."""
    lines = [HEAD[language]]
    for one in welcome.accounts:
        lines.append(f"  {_role(one.role, language):<14} {one.username:<10} {one.password}")
        if one.otpauth:
            lines += [f"    {one.otpauth}", f"    {' '.join(one.codes[:5])}"]
    lines += [FACTORS[language], INVITED[language].format(key=welcome.key, link=welcome.invitation)]
    return "\n".join(lines)


def _role(role: str, language: Language) -> str:
    with override(TAGS[language]):
        return str(Role(role).label)
