"""Why a file cannot be read: every refusal of ``taji.store.tables``, as data.

Each error names the file, what is wrong where, the limit if one was passed, and what to do.
"""

from __future__ import annotations

from typing import ClassVar

from taji.base.errors import TajiError
from taji.base.text import Language, Text

__all__ = [
    "CsvBrokenError",
    "DamagedError",
    "EmptyFileError",
    "EncodingUnknownError",
    "FileMissingError",
    "NulBytesError",
    "PasswordNeededError",
    "SeveralSheetsError",
    "SheetMissingError",
    "TooLargeError",
    "TooSlowError",
    "UnknownKindError",
    "UnreadableError",
]


#: What can be wrong inside a file, by the key that errors carry in ``problem``.
PROBLEMS = {
    "absent": Text(zh="文件不存在", en="there is no such file"),
    "folder": Text(zh="这是一个文件夹", en="it is a folder"),
    "permission": Text(zh="没有读取权限", en="permission is denied"),
    "directory": Text(zh="压缩包不完整或没有目录", en="the archive breaks off or has no directory"),
    "part_twice": Text(zh="压缩包中有同名部件", en="two parts of the archive have the same name"),
    "part_missing": Text(zh="缺少必要的部件", en="a part that it needs is missing"),
    "packing": Text(
        zh="部件已加密或压缩方式未知", en="a part is encrypted or packed in an unknown way"
    ),
    "unpack": Text(zh="部件无法解压", en="a part cannot be unpacked"),
    "length": Text(zh="部件的实际长度与声明不符", en="a part is not as long as the archive says"),
    "xml": Text(zh="内部的 XML 不完整或不合法", en="its XML breaks off or is not well formed"),
    "entities": Text(
        zh="内部的 XML 定义了实体，表格文件不应有", en="its XML defines entities, as no table does"
    ),
    "cell_place": Text(zh="有单元格的位置不合法", en="a cell stands at an impossible place"),
    "reader": Text(zh="内容与其类型不符", en="its content does not follow its kind"),
    "crash": Text(
        zh="内容使读取程序崩溃（已在隔离进程中拦截）",
        en="its content made the reader crash (which ran apart, so nothing else was harmed)",
    ),
    "memory": Text(zh="内容要求过多内存", en="its content asks for too much memory"),
    "open_quote": Text(zh="引号未闭合", en="a quotation mark does not close"),
    "quote": Text(zh="引号后还有其他字符", en="something follows a closing quotation mark"),
    "cell": Text(zh="单元格过长", en="a cell is too long"),
    "line": Text(zh="一行过长", en="a line is too long"),
}


class UnreadableError(TajiError):
    """A file cannot be read as a table."""

    code: ClassVar[str] = "store.unreadable"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "{file} cannot be read as a table.",
        "zh": "{file} 无法作为表格读取。",
    }

    def render(self, language: Language) -> str:
        """Return the sentence, with the problem told in the same language."""
        problem = PROBLEMS.get(str(self.fields.get("problem")))
        told = self.fields | ({"problem": problem[language]} if problem else {})
        return self.sentences[language].format(**told)


class FileMissingError(UnreadableError):
    """There is no such file, or it may not be opened."""

    code = "store.missing"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "{file} cannot be opened: {problem}. Check the path and the permission to read it.",
        "zh": "无法打开 {file}：{problem}。请检查路径和读取权限。",
    }


class EmptyFileError(UnreadableError):
    """The file holds no table."""

    code = "store.empty"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "{file} holds no table: no row with content was found. Export the answers again.",
        "zh": "{file} 中没有表格：未找到任何有内容的行。请重新导出答卷。",
    }


class UnknownKindError(UnreadableError):
    """The content is of no kind that can be read."""

    code = "store.kind"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{file} is not a table of a known kind (its content looks like {looks}). Save it as "
            "CSV, XLSX, ODS, Parquet or SPSS .sav and try again."
        ),
        "zh": (
            "{file} 不是可读的表格类型（内容看起来是 {looks}）。请另存为 CSV、XLSX、ODS、Parquet "
            "或 SPSS .sav 后重试。"
        ),
    }


class DamagedError(UnreadableError):
    """The file says it is of a kind, but breaks off or contradicts itself."""

    code = "store.damaged"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{file} is a damaged {kind} file: {problem}. Copy or export it again; a spreadsheet "
            "program may be able to repair it."
        ),
        "zh": (
            "{file} 是损坏的 {kind} 文件：{problem}。请重新复制或导出；也可尝试用表格软件修复。"
        ),
    }


class TooLargeError(UnreadableError):
    """A size is beyond what an honest survey file has."""

    code = "store.too_large"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{file} is too large to be read safely: {what_en} is {value:,}, the limit is "
            "{limit:,}. Keep only the answers, or save them as CSV or Parquet."
        ),
        "zh": (
            "{file} 过大，无法安全读取：{what_zh}为 {value:,}，上限为 {limit:,}。"
            "请只保留答卷内容，或另存为 CSV 或 Parquet。"
        ),
    }


class TooSlowError(UnreadableError):
    """The reader gave no sign of life in time and was ended."""

    code = "store.too_slow"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Reading {file} was given up after {seconds} seconds without progress. The file may "
            "be built to block its reader; save it as CSV and try again."
        ),
        "zh": (
            "读取 {file} 时 {seconds} 秒没有进展，已放弃。文件可能有意阻塞读取；"
            "请另存为 CSV 后重试。"
        ),
    }


class PasswordNeededError(UnreadableError):
    """The workbook is encrypted."""

    code = "store.password"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "{file} is protected by a password. Save a copy without one and try again.",
        "zh": "{file} 设有密码。请另存一份无密码的副本后重试。",
    }


class SheetMissingError(UnreadableError):
    """The workbook has no sheet of that name."""

    code = "store.sheet"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "{file} has no sheet {sheet}. Its sheets are: {sheets}.",
        "zh": "{file} 中没有工作表 {sheet}。已有的工作表：{sheets}。",
    }


class SeveralSheetsError(UnreadableError):
    """One table was asked for, and several sheets look like it."""

    code = "store.sheets"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "Several sheets of {file} look like the table: {sheets}. Say which one is meant.",
        "zh": "{file} 中有多个工作表都像是所需的表格：{sheets}。请指明使用哪一个。",
    }


class EncodingUnknownError(UnreadableError):
    """The bytes are text in none of the encodings tried."""

    code = "store.encoding"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{file} is not text in {tried} (first wrong byte at {offset}). Save it as "
            "CSV UTF-8, or say its encoding."
        ),
        "zh": (
            "{file} 不是 {tried} 编码的文本（首个错误字节位于 {offset}）。"
            "请另存为 CSV UTF-8，或指明编码。"
        ),
    }


class NulBytesError(UnreadableError):
    """The text holds NUL, which no text has."""

    code = "store.nul"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{file} holds a NUL byte in line {line}: it is not a text file, or was damaged in "
            "transfer. Export it again."
        ),
        "zh": "{file} 第 {line} 行含有 NUL 字节：它不是文本文件，或在传输中损坏。请重新导出。",
    }


class CsvBrokenError(UnreadableError):
    """The quotes of a CSV file do not close, or a cell or line is beyond measure."""

    code = "store.csv"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{file} cannot be split into cells from row {row} on ({problem}). Look for a "
            "quotation mark that opens and does not close, or export the file again."
        ),
        "zh": (
            "{file} 从第 {row} 行起无法拆分单元格（{problem}）。"
            "请检查是否有未闭合的引号，或重新导出文件。"
        ),
    }
