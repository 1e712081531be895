"""Every operation, with what its description allows: schemathesis asks, as several roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from taji.web.api.models import Scope
from taji.web.api.tokens import make
from taji.web.wsgi import application

#: What every answer must hold to.
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Let the application keep the connection of the test, as Django's own client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("role", ["analyst", "firm", "auditor"])
def test_no_request_breaks_an_operation_and_every_answer_is_as_described(city, role):
    _, key = make(city.users[role], name="fuzz", scopes=list(Scope.values), days=1)
    headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    asked = []

    for found in described.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=15,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case):
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS)

        ask()
        asked.append(operation.label)

    assert len(asked) >= 15
