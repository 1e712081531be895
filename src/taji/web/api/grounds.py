"""On what grounds a program gives an answer: the firm's consent, or a duty to tell that the law sets.

Decides which grounds a caller may name and what is written down of them. A firm's own program
agrees to the purpose of the round as a person does at the door. A bureau's program answers for a
firm, as a clerk does from paper: it says where the consent lies, or which duty it is, and the log
keeps that once for each firm and wording.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Literal

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.web.access import own_firm
from taji.web.answering.entering import agree, purpose_of
from taji.web.answering.models import Consent
from taji.web.audit.log import record
from taji.web.audit.models import Entry
from taji.web.people.models import Role, User
from taji.web.rounds.models import Case, Round

__all__ = ["Basis", "GroundsError", "PurposeError", "note_grounds", "purpose_digest"]

Basis = Literal["consent", "duty"]
ACTION = "answer.grounds"


class GroundsError(TajiError):
    """The grounds that a program names are not whole, or not its owner's to name."""

    code = "web.answer_grounds"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "没有写明填报依据：{reason}。",
        "en": "The grounds of the answer are not stated: {reason}.",
    }


class PurposeError(TajiError):
    """Consent was given to another text than firms are shown now."""

    code = "web.purpose_other"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "purpose 不是本轮现行告知文字的校验码。请读取 /api/v1/rounds/{round}，"
        "把 purpose_zh、purpose_en 出示给填报人，再发送其 purpose_sha256。",
        "en": "`purpose` is not the digest of what this round tells firms now. Read "
        "/api/v1/rounds/{round}, show purpose_zh or purpose_en to whoever answers, and send its "
        "purpose_sha256.",
    }


_FIRMS_OWN = Text(
    zh="企业自己的程序只能以 consent（同意）为依据", en="a firm's own program answers by consent"
)
_NO_NOTE = Text(
    zh="代企业填报须在 note 中写明同意书存放处（consent）或法定职责的依据（duty）",
    en="for a firm, `note` says where its consent is kept (consent) or which law sets the duty "
    "(duty)",
)


def purpose_digest(its: Round) -> str:
    """Return the digest of what firms are told and agree to, in both languages. [hex]"""
    told = purpose_of(its)
    return hashlib.sha256(f"{told.zh}\n\n{told.en}".encode()).hexdigest()


def note_grounds(case: Case, *, basis: Basis, purpose: str, note: str, by: User) -> Consent | None:
    """Write down on what grounds answers of a case are given; return a person's own consent.

    Raises
    ------
    GroundsError, PurposeError
        If the grounds are not whole, or consent was given to another text.
    """
    own = any(m.role == Role.FIRM and own_firm(m, case) for m in by.held)
    if own and basis != "consent":
        raise GroundsError(reason=_FIRMS_OWN)
    if not own and not note.strip():
        raise GroundsError(reason=_NO_NOTE)
    if basis == "consent" and purpose != purpose_digest(case.round):
        raise PurposeError(round=case.round.slug)
    if own:
        return agree(by, case)
    facts: dict[str, Any] = {"basis": basis, "note": note.strip(), "purpose": purpose}
    kept = Entry.objects.filter(action=ACTION, actor=by.username, subject=f"case:{case.pk}")
    if facts not in kept.values_list("facts", flat=True):
        record(ACTION, actor=by, subject=f"case:{case.pk}", **facts)
    return None
