"""Triggers that refuse to change or delete a row, on SQLite and on PostgreSQL."""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython

__all__ = ["append_only"]

REFUSAL = "this table is append-only"


def append_only(table: str, *, verbs: tuple[str, ...] = ("UPDATE", "DELETE")) -> RunPython:
    """Return the migration operation that makes ``table`` append-only."""

    def forward(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for sql in _statements(editor.connection.vendor, table, verbs):
            editor.execute(sql)

    def backward(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
        for verb in verbs:
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}{on}")

    return RunPython(forward, backward, elidable=False)


def _statements(vendor: str, table: str, verbs: tuple[str, ...]) -> list[str]:
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            for verb in verbs
        ]
    function = (
        "CREATE OR REPLACE FUNCTION taji_append_only() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$ LANGUAGE plpgsql"
    )
    return [
        function,
        *(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION taji_append_only()"
            for verb in verbs
        ),
    ]
