"""The demo city is put where nothing is."""

from __future__ import annotations

import pytest

from taji.web.demo.home import HomeNotEmptyError, fill_home
from taji.web.people.models import Organisation


def test_a_home_with_data_does_not_take_the_demo(city, tmp_path):
    before = Organisation.objects.count()

    with pytest.raises(HomeNotEmptyError):
        fill_home(tmp_path)

    assert Organisation.objects.count() == before
