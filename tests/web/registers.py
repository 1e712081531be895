"""Registers of invented firms with true check digits, as large as a test wants."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from taji.base.identifiers import is_uscc

HEAD = [
    "统一社会信用代码",
    "企业名称",
    "行业",
    "县市区",
    "规模",
    "从业人员",
    "联系人",
    "邮箱",
    "电话",
    "地址",
]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DISTRICTS = ("天元区", "石峰区", "芦淞区", "荷塘区")
SIZES = ("微型", "小型", "小型", "中型")


def key(number: int) -> str:
    """The credit code of the firm of this number."""
    body = f"91430200MA{number:07d}"
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    made = body + ALPHABET[-total % 31]
    assert is_uscc(made)
    return made


def rows(count: int, start: int = 0) -> Iterator[list[str]]:
    """One row a firm."""
    for n in range(start, start + count):
        yield [
            key(n),
            f"虚构{n}厂",
            ("34", "37", "30")[n % 3],
            DISTRICTS[n % 4],
            SIZES[n // 4 % 4],
            str(5 + n % 300),
            f"联系人{n}",
            f"firm{n}@example.com",
            f"1380000{n:04d}",
            f"虚构路{n}号",
        ]


def file_of(table: list[list[str]], head: list[str] = HEAD, encoding: str = "utf-8-sig") -> bytes:
    """A CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([head, *table])
    return text.getvalue().encode(encoding)
