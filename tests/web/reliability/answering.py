"""People who answer over HTTP as fast as they are let, and write down every receipt."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

CSRF = "k" * 32


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the server said that it keeps."""

    sheet: int
    item: str
    number: int
    text: str


@dataclass
class Person:
    """Somebody who changes one answer of one sheet again and again until the line is cut."""

    sheet: int
    item: str
    session: str
    random: Random
    seen: int = 0
    receipts: list[Receipt] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def answer(self, port: int, falling: threading.Event) -> None:
        """Save until cut off; what fails while everything is being killed is no refusal."""
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            while (refusal := self._save(line)) is None:
                continue
            if not falling.is_set():
                self.refused.append(refusal)
        except (OSError, http.client.HTTPException):
            return
        finally:
            line.close()

    def _save(self, line: http.client.HTTPConnection) -> str | None:
        text = f"{self.random.randrange(10_000) / 100:g}"
        body = urlencode({"item": self.item, "text": text, "seen": self.seen})
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        line.request("POST", f"/firm/sheet/{self.sheet}/save/", body, headers)
        response = line.getresponse()
        said = response.read()
        if response.status != 200:
            return f"{response.status} {said[:300]!r}"
        kept = json.loads(said)
        self.seen = kept["number"]
        self.receipts.append(Receipt(self.sheet, self.item, kept["number"], text))
        return None
