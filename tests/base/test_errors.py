"""The family of errors."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import ClassVar

import pytest

import taji
from taji.base.errors import TajiError
from taji.base.text import Language, Text


class LateError(TajiError):
    code = "base.late"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "{who} is late: {reason}.",
        "zh": "{who} 迟到：{reason}。",
    }


def test_a_text_among_the_fields_is_said_in_the_readers_language():
    error = LateError(who="A", reason=Text(zh="堵车", en="traffic"))

    assert error.render("zh") == "A 迟到：堵车。"
    assert str(error) == "A is late: traffic."


def test_the_fields_stay_what_they_were_given():
    reason = Text(zh="堵车", en="traffic")

    assert LateError(who="A", reason=reason).fields == {"who": "A", "reason": reason}


def _errors() -> list[type[TajiError]]:
    for module in pkgutil.walk_packages(taji.__path__, "taji."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = [], [TajiError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if "sentences" in vars(kind) and kind is not LateError:
                found.append(kind)
    return found


@pytest.mark.parametrize("kind", _errors(), ids=lambda kind: kind.__name__)
def test_no_sentence_reaches_into_a_field(kind: type[TajiError]):
    named = {
        language: set(re.findall(r"\{([^{}:!]*)", sentence))
        for language, sentence in kind.sentences.items()
    }

    # a Text is already in the reader's language when it is put in
    assert not [name for names in named.values() for name in names if "." in name]
