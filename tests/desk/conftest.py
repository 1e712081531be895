"""One demo city for all tests of the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from taji.city.demo import DemoFiles, write_demo
from taji.desk.portraying import portray
from taji.desk.request import PortraitRequest


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def request_of_demo(demo: DemoFiles) -> PortraitRequest:
    return PortraitRequest(
        answers=demo.answers,
        questionnaire=demo.questionnaire,
        models=demo.models,
        design=demo.design,
        register=demo.register,
        city="株洲（模拟）",
    )


@pytest.fixture(scope="session")
def portrait(request_of_demo: PortraitRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's portrait; tests that change it copy it first."""
    out = tmp_path_factory.mktemp("portrait")
    portray(request_of_demo, out)
    return out
