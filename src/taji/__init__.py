"""Taji: from a survey of a city's small manufacturers to its digital portrait."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.2.0"
