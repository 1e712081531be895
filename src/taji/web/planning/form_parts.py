"""What the forms of all decisions share: files and wishes apart, time, seed, floors."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile

from taji.web.rounds.models import Round
from taji.web.speech import say

__all__ = ["WorkForm", "floors_file", "one_each", "search_seed", "search_time"]

#: The longest search that a page may ask for; others wait behind it. [s]
LONGEST = 600


def search_time() -> forms.IntegerField:
    """How long is searched. [s]"""
    return forms.IntegerField(
        label=say("求解时限（秒）", "Time for the search (s)"),
        help_text=say(
            "到时给出当时最好的结果及其上界。", "Then the best so far is given with its bound."
        ),
        min_value=1,
        max_value=LONGEST,
        initial=60,
    )


def search_seed() -> forms.IntegerField:
    """The seed of a search."""
    return forms.IntegerField(
        label=say("随机种子", "Seed"),
        help_text=say(
            "写入结果；同一种子可重现。", "Stands in the result; the same seed repeats it."
        ),
        min_value=0,
        max_value=2**31 - 1,
        initial=1,
    )


def floors_file() -> forms.FileField:
    """Floors of fairness."""
    return forms.FileField(
        label=say("公平下限（JSON）", "Floors (JSON)"),
        help_text=say(
            '写法：[{{"group": "group_district", "value": "430211", "use": "use_money", "min": 200000}}]',
            'Such as [{{"group": "group_district", "value": "430211", "use": "use_money", "min": 200000}}]',
        ),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".json"}),
    )


def one_each() -> forms.BooleanField:
    """Whether nobody goes without an option."""
    return forms.BooleanField(
        label=say("每家企业必须恰好得到一个选项", "Every enterprise gets exactly one option"),
        required=False,
    )


class WorkForm(forms.Form):
    """Files, and what the desk is asked for with them."""

    kind: ClassVar[str]

    @property
    def its(self) -> Round | None:
        """The round whose answers are taken, where there is one."""
        return None

    @property
    def uploads(self) -> dict[str, File]:
        """The files that were given."""
        return {k: v for k, v in self.cleaned_data.items() if isinstance(v, UploadedFile)}

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything else."""
        files = {name for name, one in self.fields.items() if isinstance(one, forms.FileField)}
        return {k: v for k, v in self.cleaned_data.items() if k not in files}
