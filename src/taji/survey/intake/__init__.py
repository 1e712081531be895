"""Take filled questionnaires in: good rows on, bad cells reported, nothing silently dropped."""

from taji.survey.intake.canonical import (
    CanonicalCheck,
    canonical_schema,
    check_canonical,
    is_canonical,
    violations,
)
from taji.survey.intake.columns import ColumnPlan, canonical_names, plan_columns, recogniser
from taji.survey.intake.gather import Intake, Table, take

__all__ = [
    "CanonicalCheck",
    "ColumnPlan",
    "Intake",
    "Table",
    "canonical_names",
    "canonical_schema",
    "check_canonical",
    "is_canonical",
    "plan_columns",
    "recogniser",
    "take",
    "violations",
]
