"""What everybody may read: only what disclosure control lets out, quickly, in both languages."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser

import polars as pl
import pytest
from django.test import Client

from taji.web.answering.exporting import ANSWERS
from taji.web.publishing.asking import publish
from taji.web.publishing.files import INTERNAL, PUBLIC
from taji.web.publishing.models import Made
from taji.web.rounds.models import Round

pytestmark = pytest.mark.django_db


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "a" and (named.get("href") or "").startswith("/"):
            self.found.append(named["href"])


@pytest.fixture
def public(portrait, city):
    """Somebody from the street, after the portrait was published."""
    publish(portrait, by=city.users["analyst"])
    return Client(headers={"accept-language": "zh"})


def _body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def _walked(browser: Client) -> dict[str, bytes]:
    """Every page and file that links lead to from the front door, in both languages."""
    waiting, seen = ["/?lang=zh", "/?lang=en"], dict[str, bytes]()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/static/", "/accounts/")):
            continue
        response = browser.get(path)
        assert response.status_code == 200, path
        seen[path] = _body(response)
        if "text/html" in response.headers["Content-Type"]:
            links = _Links()
            links.feed(seen[path].decode())
            spoken = path.rpartition("=")[2]
            waiting += [f"{one}?lang={spoken}" if one[-1] == "/" else one for one in links.found]
    return seen


def _text(path: str, body: bytes) -> str:
    """What can be read out of a page or file, unpacked."""
    if path.endswith(".parquet"):
        return pl.read_parquet(io.BytesIO(body)).write_csv()
    if path.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return "".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    if path.endswith(".pdf") and shutil.which("pdftotext"):
        read = subprocess.run(["pdftotext", "-", "-"], input=body, capture_output=True, check=True)
        return read.stdout.decode()
    return body.decode("utf-8", "ignore")


def test_no_public_address_gives_away_a_firm_an_answer_a_score_or_a_withheld_cell(
    public, portrait, city
):
    secret = Round.objects.create(slug="secret", title_zh="未公开的轮次", title_en="Unpublished")
    secret.portraits.create(asked_by=city.users["analyst"], state=Made.DONE, folder="portraits/x")
    keys = pl.read_parquet(portrait.path / ANSWERS)["enterprise"].to_list()
    inside = {
        (portrait.path / place).read_bytes()
        for name, place in INTERNAL.items()
        if place not in PUBLIC.values() and not name.endswith(".html")
    }
    assert keys
    assert len(inside) >= 6

    walked = _walked(public)

    assert {f"/public/portraits/demo-2021/files/{name}" for name in PUBLIC} <= set(walked)
    for path, body in walked.items():
        text = _text(path, body)
        assert not [key for key in keys if key in text], path
        assert "未公开的轮次" not in text
        assert "Unpublished" not in text
        assert body not in inside
    for name in INTERNAL:
        if name not in PUBLIC:
            assert public.get(f"/public/portraits/demo-2021/files/{name}").status_code == 404
    assert public.get("/public/portraits/secret/").status_code == 404


def test_withheld_cells_have_no_numbers_in_any_form_of_the_open_data(public):
    base = "/public/portraits/demo-2021/files"
    csv = pl.read_csv(_body(public.get(f"{base}/estimates.csv")), infer_schema_length=None)
    parquet = pl.read_parquet(io.BytesIO(_body(public.get(f"{base}/estimates.parquet"))))

    assert parquet.equals(csv)
    hidden = parquet.filter("suppressed")
    assert hidden.height > 0
    numbers = hidden.select("estimate", "se", "ci_low", "ci_high", "n", "base", "deff")
    assert sum(numbers.null_count().row(0)) == 7 * hidden.height


def test_the_dictionary_names_every_column_and_every_key_in_both_languages(public):
    base = "/public/portraits/demo-2021/files"
    estimates = pl.read_csv(_body(public.get(f"{base}/estimates.csv")), infer_schema_length=None)
    told = json.loads(_body(public.get(f"{base}/dictionary.json")))
    csv = pl.read_csv(_body(public.get(f"{base}/dictionary.csv")), infer_schema=False)

    listed = {(one["kind"], one["key"], one["option"]) for one in told["entries"]}
    assert csv.filter(kind="column")["key"].to_list() == estimates.columns
    assert all(one["title_zh"] and one["title_en"] for one in told["entries"])
    for question, option in estimates.select("question", "option").unique().rows():
        kinds = {kind for kind, key, _ in listed if key == question}
        assert kinds & {"question", "node"}, question
        if option is not None:
            assert {("option", question, option), ("level", question, option)} & listed, option
    assert "suppress" in told["suppression"]["en"]


def test_the_public_manifest_proves_every_file_and_names_no_path(public):
    base = "/public/portraits/demo-2021/files"
    manifest = json.loads(_body(public.get(f"{base}/manifest.json")))

    for name, digest in manifest["files"].items():
        assert hashlib.sha256(_body(public.get(f"{base}/{name}"))).hexdigest() == digest, name
    assert set(manifest["files"]) == set(PUBLIC) - {"manifest.json"}
    assert "/" not in json.dumps(manifest["inputs"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_runs_no_script_and_only_its_own_styles(public, language):
    response = public.get(f"/public/portraits/demo-2021/page/{language}/")
    policy = response.headers["Content-Security-Policy"]
    text = response.content.decode()

    assert "unsafe-inline" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert policy.count("'sha256-") == len(re.findall("<style>", text)) == 1
    assert not re.search(r"<[^>]*\sstyle=", text)
    assert not re.search(r"<script|\son[a-z]+=", text)


@pytest.mark.parametrize(("language", "words"), [("zh", "有效作答"), ("en", "answers used")])
def test_the_landing_page_gives_findings_with_interval_n_base_and_provenance(
    public, portrait, language, words
):
    page = public.get("/public/portraits/demo-2021/", {"lang": language}).content.decode()

    assert words in page
    assert portrait.manifest_sha256 in page
    assert "sme2024" in page
    assert ("模拟数据" if language == "zh" else "Simulated data") in page


def test_the_front_door_shows_the_latest_findings(public):
    page = public.get("/").content.decode()

    assert "最新画像" in page
    assert page.count('class="figure"') == 4


@pytest.mark.parametrize(
    "path",
    ["/", "/public/portraits/", "/public/portraits/demo-2021/", "/public/data/", "/public/method/"],
)
def test_a_public_page_is_light_may_be_kept_and_is_not_sent_twice(public, path):
    first = public.get(path, headers={"accept-encoding": "gzip"})
    again = public.get(path, headers={"if-none-match": first.headers["ETag"]})

    assert "public" in first.headers["Cache-Control"]
    assert again.status_code == 304
    assert len(gzip.compress(gzip.decompress(first.content))) < 150_000
    assert not first.cookies


def test_a_page_of_somebody_signed_in_is_kept_by_nobody(public, signed_in):
    response = signed_in("analyst").get("/public/portraits/")

    assert "private" in response.headers["Cache-Control"]
    assert "ETag" not in response.headers


def test_a_kept_page_goes_stale_when_something_is_published(portrait, city):
    browser = Client()
    before = browser.get("/public/portraits/").headers["ETag"]
    publish(portrait, by=city.users["analyst"])

    after = browser.get("/public/portraits/", headers={"if-none-match": before})

    assert after.status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/public/portraits/", "/public/portraits/demo-2021/", "/public/data/"]
)
def test_a_public_page_asks_few_queries(public, path, django_assert_max_num_queries):
    public.get(path)
    with django_assert_max_num_queries(4):
        assert public.get(path).status_code == 200
