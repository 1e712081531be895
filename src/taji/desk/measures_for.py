"""The measures that change the answers which a model reads.

Decides that a pack of measures and a model must speak of the same questionnaire.
"""

from __future__ import annotations

from taji.assess.compile import Program
from taji.base.errors import TajiError
from taji.catalogue.load import measures
from taji.catalogue.measure import Measures

__all__ = ["NoQuestionnaireError", "measures_for"]


class NoQuestionnaireError(TajiError):
    """Measures and model speak of different questionnaires."""

    code = "desk.other_questionnaire"
    sentences = {
        "en": "The measures {measures} change answers to {theirs}, but model {model} reads answers "
        "to {ours}. Choose measures made for it.",
        "zh": "措施包 {measures} 针对问卷 {theirs}，而模型 {model} 读取的是 {ours}。请选用对应的措施包。",
    }


def measures_for(program: Program, name: str) -> Measures:
    """Load a pack of measures for a model.

    Parameters
    ----------
    program : Program
    name : str
        Id or path of the pack.

    Raises
    ------
    TajiError
        If the pack cannot be used, or is made for another questionnaire.
    """
    pack = measures(name)
    if pack.questionnaire != program.questionnaire.id:
        raise NoQuestionnaireError(
            measures=pack.id,
            theirs=pack.questionnaire,
            model=program.model.id,
            ours=program.questionnaire.id,
        )
    return pack
