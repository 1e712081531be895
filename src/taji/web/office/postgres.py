"""Dump and load a PostgreSQL database with its own programs.

The password goes by the environment of the program, never by its arguments, which every user of
the machine could read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

import dj_database_url

from taji.base.errors import TajiError
from taji.base.text import Language

__all__ = ["MissingToolError", "ToolFailedError", "dump", "restore"]


class MissingToolError(TajiError):
    """A program that comes with PostgreSQL is not installed."""

    code = "web.tool_missing"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "没有找到 {tool}。PostgreSQL 数据库的备份与恢复要用它；请安装 PostgreSQL 客户端"
        "（Debian：apt-get install postgresql-client），版本不低于服务器。",
        "en": "{tool} is not installed, and a PostgreSQL database is backed up with it. Install "
        "PostgreSQL's client (Debian: apt-get install postgresql-client), no older than the server.",
    }


class ToolFailedError(TajiError):
    """A program of PostgreSQL did not do its work."""

    code = "web.tool_failed"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{tool} 失败，数据未被改动：{told}",
        "en": "{tool} failed and changed nothing: {told}",
    }


def dump(path: Path, url: str) -> None:
    """Write the database of ``url`` to ``path``, as it stands at one moment."""
    _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"])


def restore(path: Path, url: str) -> None:
    """Load a dump into the database of ``url``, in place of what it holds: all or nothing."""
    options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
    _run("pg_restore", url, [*options, str(path)])


def _run(tool: str, url: str, arguments: list[str]) -> None:
    program = shutil.which(tool)
    if program is None:
        raise MissingToolError(tool=tool)
    where = dj_database_url.parse(url)
    named = {
        "PGHOST": where["HOST"] or None,
        "PGPORT": str(where["PORT"]) if where["PORT"] else None,
        "PGUSER": where["USER"] or None,
        "PGPASSWORD": where["PASSWORD"] or None,
    }
    environment = {**os.environ, **{k: v for k, v in named.items() if v is not None}}
    done = subprocess.run(  # a fixed program, its words from the settings, no shell  # nosec B603
        [program, f"--dbname={where['NAME']}", "--no-password", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["-"]
        raise ToolFailedError(tool=tool, told=lines[-1])
