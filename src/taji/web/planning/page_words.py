"""Say on a page what the desk says to a terminal: a field by its label instead of by its flag.

Decides what becomes of ``--max-load`` or ``--mode sum`` in a sentence. A flag for which the page
has no field stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django import forms

from taji.base.text import Language, Text
from taji.web.planning.work_forms import FORMS
from taji.web.speech import both

__all__ = ["on_page"]

#: A flag and, if one follows, the word given with it.
FLAG = re.compile(r"`?--(?P<flag>[a-z]+(?:-[a-z]+)*)(?: (?P<word>[a-z]+))?`?")
#: A unit or a kind of file at the end of a label.
ASIDE = re.compile(r"\s*[（(][^（）()]*[）)]$")
#: Fields that are not called as their flag is.
CALLED: Mapping[str, str] = {"time_limit": "seconds"}


def on_page(kind: str, text: Text) -> Text:
    """Return a sentence with the labels of the page on which this kind of work is asked for.

    Examples
    --------
    >>> told = Text(zh="请提高 --max-load 或增加评审人", en="raise --max-load, or use `--mode sum`")
    >>> on_page("panel", told)["zh"]
    '请提高“每名评审人至多评几份”或增加评审人'
    >>> on_page("panel", told)["en"]
    'raise “Applications of a reviewer at most”, or use “Mode: The highest sum alone”'
    """
    fields = FORMS[kind].base_fields
    return Text(zh=_said(text.zh, fields, "zh"), en=_said(text.en, fields, "en"))


def _said(sentence: str, fields: Mapping[str, forms.Field], spoken: Language) -> str:
    def label(found: re.Match[str]) -> str:
        name = found["flag"].replace("-", "_")
        field = fields.get(name) or fields.get(CALLED.get(name, name))
        if field is None:
            return found[0]
        title, word = ASIDE.sub("", both(field.label)[spoken]), found["word"]
        choices = dict(field.choices) if word and isinstance(field, forms.ChoiceField) else {}
        if word in choices:
            apart = "：" if spoken == "zh" else ": "
            return f"“{title}{apart}{both(choices[word])[spoken]}”"
        return f"“{title}”" + (f" {word}" if word else "")

    told = FLAG.sub(label, sentence)
    return re.sub(r" ?(“[^”]*”) ?", r"\1", told) if spoken == "zh" else told
