"""Make Django ready to work on one home, for commands and other programs outside the server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import django
from django.apps import apps

from taji.base.errors import TajiError
from taji.base.text import Language

__all__ = ["HOME_VARIABLE", "OtherHomeError", "set_up"]

HOME_VARIABLE = "TAJI_HOME"
SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"


class OtherHomeError(TajiError):
    """One process works on one home."""

    code = "web.other_home"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "本进程已在数据文件夹 {present} 上工作，不能再换成 {asked}。请另起一个进程。",
        "en": "This process already works on the home {present} and cannot turn to {asked}. "
        "Start another process.",
    }


def set_up(home: Path) -> None:
    """Set up Django on ``home``; doing it again for the same home changes nothing.

    Raises
    ------
    OtherHomeError
        If this process was set up on another home.
    """
    asked = home.resolve()
    if apps.ready:
        from django.conf import settings

        if asked != settings.HOME:
            raise OtherHomeError(present=settings.HOME, asked=asked)
        return
    os.environ[HOME_VARIABLE] = str(asked)
    os.environ.setdefault(SETTINGS_VARIABLE, "taji.web.settings")
    django.setup()
