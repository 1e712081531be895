"""Publish a questionnaire as an XLSForm that KoboToolbox and ODK accept.

Decides that only a form that can be built is handed out: it is converted to an XForm first.
How questions are asked there is ``taji.report.xlsform``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from taji.base.errors import TajiError
from taji.catalogue.load import questionnaire
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.files import whole
from taji.report.xlsform import write_xlsform

__all__ = ["XlsForm", "XlsFormError", "publish_xlsform"]


class XlsFormError(TajiError):
    """A questionnaire makes no form."""

    code = "desk.xlsform"
    sentences = {
        "en": "Questionnaire {questionnaire} makes no XLSForm: {reason}. Correct the ids of the "
        "pack; names must begin with a letter and be unique in their section.",
        "zh": "问卷 {questionnaire} 无法生成 XLSForm：{reason}。"
        "请修改数据包中的 id；名称须以字母开头，在同一部分中不得重复。",
    }


@dataclass(frozen=True, slots=True)
class XlsForm:
    """A form that was written.

    Attributes
    ----------
    questionnaire : str
        ``id@version``.
    questions : int
        Things asked, the key of the firm among them.
    xform : str
        The XForm that tools build from it, XML.
    warnings : tuple of str
        What the converter had to say, in its own words.
    """

    questionnaire: str
    questions: int
    xform: str
    warnings: tuple[str, ...]


def publish_xlsform(asked: str | Path | Questionnaire, out: Path | str) -> XlsForm:
    """Write a questionnaire as an XLSForm, whole or not at all.

    Parameters
    ----------
    asked : str, Path or Questionnaire
        Id or path of a questionnaire, or the questionnaire itself.
    out : Path or str
        Workbook to write (``.xlsx``).

    Raises
    ------
    XlsFormError
        If no form can be built from it.
    TajiError
        If the pack does not load.
    """
    pack = asked if isinstance(asked, Questionnaire) else questionnaire(asked)
    with whole(Path(out)) as unfinished:
        write_xlsform(pack, unfinished)
        try:
            built = convert(str(unfinished), form_name="data", file_type=".xlsx")
        except PyXFormError as error:
            reason = " ".join(str(error).split())
            raise XlsFormError(questionnaire=pack.key, reason=reason) from error
    return XlsForm(
        questionnaire=pack.key,
        questions=1 + len(pack.items),
        xform=built.xform,
        warnings=tuple(built.warnings),
    )
