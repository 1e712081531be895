"""Floor 6: the commands. A door: parses, calls one desk function, says what happened."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.cli.language import choose_language, usage_sentence
from taji.cli.tree import build
from taji.desk.gathering import TALLY

__all__ = ["main", "run"]

DONE, REFUSED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

#: Set to anything, an unforeseen error shows its traceback: for whoever mends it.
DEBUG_VARIABLE = "TAJI_DEBUG"

#: Errors of the kind "you named something that does not exist": wrong usage, not refused data.
USAGE_CODES = (
    "catalogue.unknown_pack",
    "catalogue.choice",
    "desk.breakdown",
    "desk.overwrite",
    "desk.suffix",
    "engine.suffix",
    "store.sheet",
    "survey.allocation_rule",
    "survey.unknown_column",
    "web.already_served",
    "web.anchor",
    "web.home_not_empty",
    "web.no_log",
    "web.port_taken",
    "web.restore_not_empty",
    "web.restore_running",
)

#: Row groups that are read ahead of the work: more only fills memory, which a laptop has little of.
READ_AHEAD = ("POLARS_ROW_GROUP_PREFETCH_SIZE", "1")

UNFORESEEN = {
    "zh": "塔基内部出错（{kind}: {error}）。数据未被改动。请设置 TAJI_DEBUG=1 重新运行，并把输出附在问题报告中。",
    "en": "Taji failed inside ({kind}: {error}). No data was changed. Run again with TAJI_DEBUG=1 "
    "and attach what it prints to a report of the problem.",
}
NO_ACCESS = {
    "zh": "无法读写 {path}（{reason}）。请检查该路径是否存在、是文件还是文件夹、是否有权限、磁盘是否已满。",
    "en": "{path} cannot be read or written ({reason}). Check that it exists, whether it is a file "
    "or a folder, that you may write there, and that the disk is not full.",
}


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns
    -------
    int
        0 done, 1 the data was refused, 2 wrong usage.
    """
    language = choose_language(arguments)
    os.environ.setdefault(*READ_AHEAD)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = build(language).main(list(arguments), prog_name="taji", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return WRONG_USAGE
    except click.ClickException as error:
        return _complain(usage_sentence(error, language), language, WRONG_USAGE)
    except TajiError as error:
        code = WRONG_USAGE if error.code in USAGE_CODES else REFUSED
        _complain(error.render(language), language, code)
        if code == REFUSED and TALLY in error.fields:
            click.echo(error.fields[TALLY], err=True)
        return code
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except Exception as error:  # a door never shows a traceback unasked
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        if isinstance(error, OSError) and error.filename is not None:
            sentence = NO_ACCESS[language].format(path=error.filename, reason=error.strerror)
            return _complain(sentence, language, WRONG_USAGE)
        sentence = UNFORESEEN[language].format(kind=type(error).__name__, error=error)
        return _complain(sentence, language, REFUSED)
    return code if isinstance(code, int) else DONE


def _complain(sentence: str, language: Language, code: int) -> int:
    click.echo(f"{'错误：' if language == 'zh' else 'Error: '}{sentence}", err=True)
    return code
