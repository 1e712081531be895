"""Keep the databases of this version, so that every later one is tested to upgrade them.

``make keep-release`` at the end of a release writes ``tests/web/fixtures/<version>/``: the demo
city as an SQLite file and as SQL of PostgreSQL, both compressed. What is kept is never changed.
"""

from __future__ import annotations

import lzma
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from taji import __version__

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "web" / "fixtures"
SQLITE, POSTGRES = "sqlite3.xz", "postgresql.sql.xz"
URL = "TAJI_TEST_DATABASE_URL"
FILL = (
    "import sys; from pathlib import Path; from taji.web.starting import set_up;"
    "set_up(Path(sys.argv[1])); from django.core.management import call_command;"
    "call_command('migrate', verbosity=0); from taji.web.demo.home import fill_home;"
    "fill_home(Path(sys.argv[1]))"
)


def main() -> None:
    """Fill a home on each database and keep what the tables hold."""
    folder = FOLDER / __version__
    if folder.exists():
        sys.exit(f"{folder.relative_to(ROOT)} is kept already: a release is kept once")
    if URL not in os.environ:
        sys.exit("run: make keep-release")
    folder.mkdir(parents=True)
    with TemporaryDirectory() as home:
        _fill(Path(home))
        base = Path(home) / "taji.sqlite3"
        with closing(sqlite3.connect(base, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("VACUUM")
        (folder / SQLITE).write_bytes(lzma.compress(base.read_bytes(), preset=9))
    with TemporaryDirectory() as home:
        url = os.environ[URL]
        _fill(Path(home), DATABASE_URL=url)
        tool = ["sh", str(ROOT / "tools" / "postgres"), "dump", url]
        dump = subprocess.run(tool, stdout=subprocess.PIPE, check=True).stdout
        (folder / POSTGRES).write_bytes(lzma.compress(dump, preset=9))
    for path in sorted(folder.iterdir()):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


def _fill(home: Path, **more: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **more}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run([sys.executable, "-c", FILL, str(home)], env=environment, check=True)


if __name__ == "__main__":
    main()
