"""The secret that sessions and invitations are signed with: made once, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["secret_key"]

NAME = "secret.key"
#: Entropy of the secret. [bytes]
LENGTH = 64


def secret_key(home: Path) -> str:
    """Return the secret of ``home``; the first start makes it, with mode 0600.

    ``TAJI_SECRET_KEY`` takes precedence, for bureaus that keep secrets elsewhere.
    """
    given = os.environ.get("TAJI_SECRET_KEY")
    if given:
        return given
    path = home / NAME
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(made, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(LENGTH))
        stream.flush()
        os.fsync(stream.fileno())
    return path.read_text(encoding="ascii").strip()
