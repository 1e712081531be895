"""Floor 4: results to charts, pages, PDF and XLSX, in zh and en.

``PortraitContent`` is what a portrait says; ``write_html``, ``write_pdf`` and ``write_xlsx``
show it. The same content gives the same bytes on the same machine.
"""

from taji.report.content import Domain, MethodFacts, PortraitContent, Segment
from taji.report.document import write_pdf
from taji.report.page import write_html
from taji.report.workbook import write_xlsx

__all__ = [
    "Domain",
    "MethodFacts",
    "PortraitContent",
    "Segment",
    "write_html",
    "write_pdf",
    "write_xlsx",
]
