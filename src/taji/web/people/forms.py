"""The forms of an account: allauth's, with our labels in both languages."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.contrib.auth.password_validation import validate_password

from taji.web.people.models import User
from taji.web.speech import say

__all__ = [
    "Activate",
    "ByCode",
    "ByPassword",
    "ChangePassword",
    "NewPassword",
    "SecondFactor",
    "SignIn",
]

PASSWORD_HINT = say(
    "至少 8 个字符；不能是常见密码、全数字，或与账户名相近。",
    "At least 8 characters; not a common password, not only digits, not like your account name.",
)
CODE_HINT = say("验证器应用显示的 6 位数字。", "The 6 digits that your authenticator app shows.")
CODE_OR_SPARE_HINT = say(
    "验证器应用显示的 6 位数字，或一个备用码。",
    "The 6 digits that your authenticator app shows, or one of your recovery codes.",
)


def _plain(form: forms.Form, **labels: Any) -> None:
    """Give fields our labels; a placeholder is no label and goes."""
    for name, (label, hint) in labels.items():
        field = form.fields[name]
        field.label, field.help_text = label, hint
        field.widget.attrs.pop("placeholder", None)


def _code(form: forms.Form, hint: Any) -> None:
    _plain(form, code=(say("验证码", "Code"), hint))
    form.fields["code"].widget.attrs.update(inputmode="numeric", autofocus=True)


class SignIn(LoginForm):
    """Account name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self,
            login=(say("账户名或邮箱", "Account name or e-mail"), ""),
            password=(say("密码", "Password"), ""),
        )
        self.fields["login"].widget.attrs.update(autocomplete="username", autocapitalize="none")


class ByPassword(ReauthenticateForm):
    """The password once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password=(say("密码", "Password"), ""))


class ChangePassword(ChangePasswordForm):
    """The present password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self,
            oldpassword=(say("当前密码", "Present password"), ""),
            password1=(say("新密码", "New password"), PASSWORD_HINT),
            password2=(say("再输一遍新密码", "The new password again"), ""),
        )


class SecondFactor(AuthenticateForm):
    """A code at sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, CODE_OR_SPARE_HINT)


class ByCode(ReauthenticateByCodeForm):
    """A code once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, CODE_OR_SPARE_HINT)


class Activate(ActivateTOTPForm):
    """The first code of a new second factor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, CODE_HINT)


class NewPassword(forms.Form):
    """The password that a person chooses on the page of a set-up link."""

    password1 = forms.CharField(
        label=say("设置密码", "Choose a password"),
        help_text=PASSWORD_HINT,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=say("再输一遍", "The same again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password1(self) -> str:
        """Hold the password against the rules."""
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean_password2(self) -> str:
        """Hold the second against the first."""
        again: str = self.cleaned_data["password2"]
        first = self.cleaned_data.get("password1")
        if first is not None and first != again:
            raise forms.ValidationError(
                say("两次输入的密码不一致。", "The two passwords are not the same.")
            )
        return again
