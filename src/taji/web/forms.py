"""How every form is drawn: label, hint, control, and what is wrong beside it, tied for screen readers."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting

__all__ = ["OurForms"]


class OurForms(TemplatesSetting):
    """Forms and fields by our templates; the controls themselves are Django's."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
