"""Write a short model pack out in full, for one profile and one set of readings.

A pack may say many things at once: ``for`` stands for one entry per value, ``variants``
for what changes with a profile or a reading, ``when`` for an entry that exists only
under one, ``define`` for anything that anchors refer to. After this step none of these is left.

.. code-block:: yaml

    - for: {level: [1, 2]}            # one block per value, in this order
      nodes:
        - for: {sub: [{id: design, zh: 设计, en: Design}]}
          id: "{sub.id}.{level}"
          variants:
            - when: {profile: process}  # shallow: these keys replace, null removes
              points: {none: 0, full: 1}

Decides how short forms read. Whether the result makes sense, ``taji.catalogue.check`` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

__all__ = ["Choices", "TemplateError", "choices_of", "resolve", "whens"]

_PLACE = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?\}")


class TemplateError(ValueError):
    """A template asks for a name that it does not bind."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in a model pack.

    Attributes
    ----------
    allowed : mapping
        Name of the choice (``profile`` or a reading's id) to the ids allowed.
    defaults : mapping
        The pack's own choice for each.
    """

    allowed: Mapping[str, tuple[str, ...]]
    defaults: Mapping[str, str]

    def one_at_a_time(self) -> Iterator[dict[str, str]]:
        """Every profile with the default readings, then each other reading alone in it."""
        profiles = self.allowed.get("profile", ())
        for profile in profiles or (None,):
            base = dict(self.defaults)
            if profile is not None:
                base["profile"] = profile
            yield base
            for name, ids in self.allowed.items():
                if name != "profile":
                    yield from (base | {name: i} for i in ids if i != base.get(name))


def choices_of(raw: Mapping[str, Any]) -> Choices:
    """Return what can be chosen, as far as the pack says it in a readable way."""
    allowed: dict[str, tuple[str, ...]] = {}
    defaults: dict[str, str] = {}
    profiles = _ids(raw.get("profiles"))
    if profiles:
        allowed["profile"] = profiles
        defaults["profile"] = str(raw.get("default_profile", profiles[0]))
    for reading in _mappings(raw.get("readings")):
        if "id" in reading:
            allowed[str(reading["id"])] = _ids(reading.get("choices"))
            defaults[str(reading["id"])] = str(reading.get("default"))
    return Choices(allowed, defaults)


def whens(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every ``when`` of the pack with its path."""
    if isinstance(value, Mapping):
        if "when" in value:
            yield f"{path}.when", value["when"]
        for key, child in value.items():
            yield from whens(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, child in enumerate(value):
            name = child.get("id", place) if isinstance(child, Mapping) else place
            yield from whens(child, f"{path}[{name}]")


def resolve(raw: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the pack written out in full for what was chosen.

    Raises
    ------
    TemplateError
        If a template names something that its ``for`` does not bind.

    Examples
    --------
    >>> resolve({"nodes": [{"for": {"n": [1, 2]}, "id": "level{n}", "value": "{n}"}]}, {})
    {'nodes': [{'id': 'level1', 'value': 1}, {'id': 'level2', 'value': 2}]}
    """
    short = {key: value for key, value in raw.items() if key != "define"}
    full = _written_out(_selected(short, chosen), {})
    assert isinstance(full, dict)
    return full


def _selected(value: Any, chosen: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        kept = [child for child in value if _holds(child, chosen)]
        return [_selected(child, chosen) for child in kept]
    if not isinstance(value, Mapping):
        return value
    merged = {key: child for key, child in value.items() if key not in ("variants", "when")}
    for variant in _mappings(value.get("variants")):
        if _holds(variant, chosen):
            changes = {key: child for key, child in variant.items() if key != "when"}
            gone = {key for key, child in changes.items() if child is None}
            merged = {k: child for k, child in {**merged, **changes}.items() if k not in gone}
    return {key: _selected(child, chosen) for key, child in merged.items()}


def _holds(value: Any, chosen: Mapping[str, str]) -> bool:
    when = value.get("when") if isinstance(value, Mapping) else None
    if not isinstance(when, Mapping):
        return True
    return all(chosen.get(name) == choice for name, choice in when.items())


def _written_out(value: Any, bound: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _filled(value, bound) if bound else value
    if isinstance(value, list):
        return [entry for child in value for entry in _entries(child, bound)]
    if isinstance(value, Mapping):
        return {
            _written_out(key, bound): _written_out(child, bound) for key, child in value.items()
        }
    return value


def _entries(value: Any, bound: Mapping[str, Any]) -> Iterator[Any]:
    if not (isinstance(value, Mapping) and isinstance(value.get("for"), Mapping)):
        yield _written_out(value, bound)
        return
    rest = {key: child for key, child in value.items() if key != "for"}
    names = list(value["for"])
    for values in product(*(_listed(value["for"][name]) for name in names)):
        inner = {**bound, **dict(zip(names, values, strict=True))}
        if set(rest) == {"nodes"}:
            yield from _written_out(rest["nodes"], inner)
        else:
            yield _written_out(rest, inner)


def _filled(text: str, bound: Mapping[str, Any]) -> Any:
    whole = _PLACE.fullmatch(text)
    if whole:
        return _value(whole, bound)
    return _PLACE.sub(lambda match: str(_value(match, bound)), text)


def _value(match: re.Match[str], bound: Mapping[str, Any]) -> Any:
    name, key = match.groups()
    value = bound.get(name)
    if key is not None:
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is None:
        raise TemplateError(match.group())
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _ids(value: Any) -> tuple[str, ...]:
    return tuple(str(entry["id"]) for entry in _mappings(value) if "id" in entry)
