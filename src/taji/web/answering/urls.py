"""Routes of this part: the door of invitations, and everything behind it."""

from django.urls import path

from taji.web.answering.views import door, firm, result, sheet

app_name = "firm"
urlpatterns = [
    path("i/<str:token>/", door.door, name="enter"),
    path("firm/", firm.home, name="home"),
    path("firm/case/<int:case_id>/start/", firm.start, name="start"),
    path("firm/case/<int:case_id>/hand/", firm.give_section, name="hand"),
    path("firm/case/<int:case_id>/stop/", firm.stop, name="stop"),
    path("firm/case/<int:case_id>/withdraw/", firm.withdrawal, name="withdraw"),
    path("firm/case/<int:case_id>/data.json", firm.data_json, name="data_json"),
    path("firm/case/<int:case_id>/data.xlsx", firm.data_workbook, name="data_workbook"),
    path("firm/link/<int:invitation_id>/", firm.handed, name="handed"),
    path("firm/link/<int:invitation_id>/qr.svg", firm.handed_code, name="handed_code"),
    path("firm/link/<int:invitation_id>/close/", firm.take_section_back, name="take_back"),
    path("firm/sheet/<int:sheet_id>/page/<str:section_slug>/", sheet.page, name="page"),
    path("firm/sheet/<int:sheet_id>/save/", sheet.save, name="save"),
    path("firm/sheet/<int:sheet_id>/check/", sheet.look_over, name="check"),
    path("firm/sheet/<int:sheet_id>/submit/", sheet.hand_in, name="submit"),
    path("firm/sheet/<int:sheet_id>/result/", result.result, name="result"),
    path("firm/sheet/<int:sheet_id>/estimates/", result.estimates, name="estimates"),
    path("firm/sheet/<int:sheet_id>/report.pdf", result.report_pdf, name="report_pdf"),
    path("firm/sheet/<int:sheet_id>/report.docx", result.report_docx, name="report_docx"),
    path("firm/sheet/<int:sheet_id>/form.xlsx", result.form_filled, name="form_filled"),
    path("firm/receipt/<int:submission_id>/", result.receipt, name="receipt"),
    path(
        "firm/receipt/<int:submission_id>/answers.json",
        result.receipt_answers,
        name="receipt_answers",
    ),
]
