"""What is typed about the register."""

from __future__ import annotations

from typing import Any

from django import forms

from taji.desk.enrolling import CODES
from taji.web.register.coding import choices
from taji.web.rounds.models import Contact
from taji.web.speech import said, say

__all__ = ["ContactForm", "FirmForm", "UploadForm"]


class UploadForm(forms.Form):
    """A file of firms."""

    file = forms.FileField(label=say("名录文件", "Register file"))


class FirmForm(forms.Form):
    """Name and codes of a firm."""

    name = forms.CharField(label=say("企业名称", "Name"), max_length=200)
    district = forms.ChoiceField(label=say("县市区", "District"), required=False)
    industry = forms.ChoiceField(label=say("行业", "Industry"), required=False)
    size = forms.ChoiceField(label=say("规模", "Size"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CODES:
            known = [(code, f"{code} {said(text)}") for code, text in choices(name)]
            now = (self.initial or {}).get(name)
            if now and now not in dict(known):
                known.append((now, now))
            self.fields[name].choices = [("", "—"), *known]


class ContactForm(forms.ModelForm):
    """A way to reach a firm."""

    class Meta:
        model = Contact
        fields = ("name", "email", "phone", "address")
        labels = {
            "name": say("联系人", "Person"),
            "email": say("电子邮箱", "E-mail"),
            "phone": say("电话", "Phone"),
            "address": say("通信地址", "Postal address"),
        }

    def clean(self) -> dict[str, Any]:
        """Ask for at least one way."""
        found = super().clean() or {}
        if not any(found.get(name) for name in ("email", "phone", "address")):
            raise forms.ValidationError(
                say("请至少填写邮箱、电话或地址之一", "Give an e-mail, a phone or an address")
            )
        return found
