"""The demo city, invented once for all tests of this folder."""

from __future__ import annotations

import pytest

from taji.city.fieldwork import survey_round
from taji.city.spec import load_city
from taji.city.truth import invent


@pytest.fixture(scope="session")
def city():
    return load_city()


@pytest.fixture(scope="session")
def truth(city):
    return invent(city)


@pytest.fixture(scope="session")
def default_round(truth):
    return survey_round(truth)
