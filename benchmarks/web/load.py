"""Twenty people at once, from a process of their own: every request timed to its last byte.

``python -m benchmarks.web.load PORT SECONDS USERS THINK < people.json`` prints the times as JSON.
People wait between two requests as long as somebody reads: ``THINK`` seconds on average,
exponentially spread. A request that is not answered with 200 is an error.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import re
import sys
import threading
import time
from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

CSRF = "b" * 32


class Load:
    """What all people share: who is next, and what was measured."""

    def __init__(self, people: list[dict[str, Any]], shares: dict[str, int]) -> None:
        self.waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for person in people:
            self.waiting[person["role"]].append(person)
        self.shares = shares
        self.seen: dict[tuple[str, str], int] = {}
        self.times: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.lock = threading.Lock()

    def user(self, number: int, port: int, until: float, think: float) -> None:
        """Be one person after another of a role until the time is over."""
        roles = [role for role, share in self.shares.items() for _ in range(share)]
        role = roles[number % len(roles)]
        luck = random.Random(number)
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        time.sleep(luck.random() * think)
        while time.time() < until:
            person = self.next(role)
            for visit in person["visits"]:
                if time.time() >= until:
                    break
                try:
                    self.ask(line, person, visit, luck)
                except (OSError, http.client.HTTPException) as error:
                    self.errors.append(f"{visit['kind']}: {error!r}")
                    line.close()
                time.sleep(luck.expovariate(1 / think) if think else 0)
        line.close()

    def next(self, role: str) -> dict[str, Any]:
        """The one of a role who waits longest; firms are never two at a time."""
        with self.lock:
            person = self.waiting[role].pop(0)
            self.waiting[role].append(person)
            return person

    def ask(
        self,
        line: http.client.HTTPConnection,
        person: dict[str, Any],
        visit: dict[str, Any],
        luck: random.Random,
    ) -> None:
        """Make one request and keep its time."""
        headers = {
            "Cookie": f"sessionid={person['session']}; csrftoken={CSRF}",
            "Accept-Encoding": "gzip",
            "Accept-Language": luck.choice(["zh", "en"]),
        }
        place = (visit["path"], visit["item"])
        body = None
        if visit["item"]:
            headers |= {"X-CSRFToken": CSRF, "Content-Type": "application/x-www-form-urlencoded"}
            text, seen = f"{luck.randrange(10_000) / 100:g}", self.seen.get(place, visit["seen"])
            body = urlencode({"item": visit["item"], "text": text, "seen": seen})
        began = time.perf_counter()
        line.request("POST" if body else "GET", visit["path"], body, headers)
        response = line.getresponse()
        said = response.read()
        self.times[visit["kind"]].append(time.perf_counter() - began)
        if response.status != 200:
            self.errors.append(f"{visit['kind']}: {response.status} {visit['path']}")
        elif body:
            self.seen[place] = json.loads(_plain(response, said))["number"]


def _plain(response: http.client.HTTPResponse, said: bytes) -> bytes:
    return gzip.decompress(said) if response.headers["Content-Encoding"] == "gzip" else said


def first_page(port: int) -> int:
    """The compressed size of the first page with all that it loads. [bytes]"""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def size(path: str) -> tuple[int, str]:
        line.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept-Language": "zh"})
        response = line.getresponse()
        said = response.read()
        return len(said), _plain(response, said).decode("utf-8", "replace")

    total, page = size("/")
    for path in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page)):
        total += size(path)[0]
    line.close()
    return total


def main(port: int, seconds: float, users: int, think: float) -> None:
    told = json.load(sys.stdin)
    load = Load(told["people"], told["shares"])
    until = time.time() + seconds
    threads = [
        threading.Thread(target=load.user, args=(number, port, until, think))
        for number in range(users)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"times": load.times, "errors": load.errors, "first": first_page(port)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
