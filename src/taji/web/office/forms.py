"""The forms of the office's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator

from taji.base.identifiers import USCC_LENGTH, clean_key, is_uscc
from taji.web.people.models import Kind, Organisation, Role
from taji.web.people.organisations import HELPERS, helpers
from taji.web.register.coding import choices, label
from taji.web.speech import said, say

__all__ = ["OrganisationForm", "PackForm", "PersonForm", "RoleForm"]


def _named(district: str) -> str:
    """A code and its name, so that whoever chooses can tell it from others."""
    name = said(label("district", district))
    return district if name == district else f"{district} {name}"


class RoleForm(forms.Form):
    """A role in an organisation."""

    role = forms.ChoiceField(label=say("角色", "Role"), choices=Role.choices)
    organisation = forms.ModelChoiceField(
        label=say("机构", "Organisation"),
        help_text=say(
            "企业角色请改填下面的企业编号。", "For the role of a firm, fill in its key below."
        ),
        queryset=Organisation.objects.none(),
        required=False,
    )
    firm = forms.CharField(
        label=say("企业编号（统一社会信用代码）", "Key of the firm (credit code)"),
        max_length=64,
        required=False,
    )
    district = forms.ChoiceField(
        label=say("限于区县", "Limited to a district"),
        help_text=say("只对分析员和专家有效。", "Counts for analysts and experts alone."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: forms.ModelChoiceField = self.fields["organisation"]
        chosen.queryset, chosen.empty_label = helpers(), "—"
        known = Organisation.objects.exclude(district="").order_by("district")
        districts = known.values_list("district", flat=True).distinct()
        self.fields["district"].choices = [
            ("", say("全市", "The whole city")),
            *((code, _named(code)) for code in districts),
        ]

    def clean(self) -> dict[str, Any]:
        """Find the firm where the role is a firm's."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("role") == Role.FIRM:
            firm = Organisation.objects.filter(
                key=clean_key(given.get("firm", "")), kinds__kind=Kind.MANUFACTURER
            ).first()
            if firm is None:
                self.add_error(
                    "firm",
                    say("名录中没有这家企业。", "No firm of the register has this key."),
                )
            given["organisation"] = firm
        elif given.get("role") and given.get("organisation") is None:
            self.add_error("organisation", say("请选择机构。", "Choose the organisation."))
        return given


class PersonForm(RoleForm):
    """A new person with the first role."""

    username = forms.CharField(
        label=say("账户名", "Account name"),
        help_text=say("登录用，之后不能更改。", "For signing in; it cannot be changed later."),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    name = forms.CharField(label=say("姓名", "Name"), max_length=80)
    email = forms.EmailField(label=say("邮箱", "E-mail"), required=False)
    phone = forms.CharField(label=say("电话", "Telephone"), max_length=32, required=False)

    field_order = ("username", "name", "email", "phone", "role", "organisation", "firm", "district")


class OrganisationForm(forms.Form):
    """An organisation that helps or governs."""

    key = forms.CharField(
        label=say("编号", "Key"),
        help_text=say(
            "统一社会信用代码；没有时用本单位自编的编号。",
            "The unified social credit code; your own number where there is none.",
        ),
        max_length=64,
    )
    name = forms.CharField(label=say("名称", "Name"), max_length=200)
    kinds = forms.MultipleChoiceField(
        label=say("类别（可多选）", "What it is (any that hold)"),
        choices=[(kind.value, kind.label) for kind in HELPERS],
        widget=forms.CheckboxSelectMultiple,
    )
    district = forms.ChoiceField(label=say("区县", "Its district"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, _named(code)) for code, _ in choices("district")]
        now = (self.initial or {}).get("district")
        if now and now not in dict(known):
            known.append((now, now))
        self.fields["district"].choices = [("", "—"), *known]

    def clean_key(self) -> str:
        """Write it as it is compared; what looks like a credit code must be one."""
        key = clean_key(self.cleaned_data["key"])
        if len(key) == USCC_LENGTH and not is_uscc(key):
            raise forms.ValidationError(
                say(
                    "这不是有效的统一社会信用代码（校验位不符）。",
                    "This is no valid credit code: its check character does not fit.",
                )
            )
        return key


class PackForm(forms.Form):
    """A pack to upload."""

    file = forms.FileField(
        label=say("数据包文件", "File of the pack"),
        help_text=say(
            "一个 YAML 文件，或数据包文件夹的 ZIP（模型可附算例 cases/），不超过 4 MB。",
            "A YAML file, or a ZIP of the pack's folder (a model with its cases/), up to 4 MB.",
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,.zip"}),
    )
