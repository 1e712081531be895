"""``taji serve``: the platform, as one command."""

from __future__ import annotations

import os
from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import lang_option, quiet_option, say
from taji.web.serving import Place, make_ready, serve
from taji.web.starting import HOME_VARIABLE

__all__ = ["build"]

HELP = Text(
    zh="启动网页平台：建库、升级、网页服务和后台任务，一条命令。按 Ctrl-C 停止。",
    en="Start the web platform: database, upgrade, web server and background worker in one "
    "command. Stop it with Ctrl-C.",
)
OPTIONS = {
    "host": Text(
        zh="监听的地址；0.0.0.0 为本机全部地址。",
        en="Address to listen on; 0.0.0.0 for all of this machine.",
    ),
    "port": Text(zh="监听的端口。", en="Port to listen on."),
    "data": Text(
        zh="数据文件夹，全部数据都在其中（默认 TAJI_HOME，其次 taji-data）。",
        en="Folder that holds all data (default TAJI_HOME, then taji-data).",
    ),
    "workers": Text(zh="网页服务的进程数。", en="Processes of the web server."),
    "demo": Text(
        zh="在空文件夹中装入虚构城市，并为每种角色各建一个账户。",
        en="Fill an empty folder with an invented city and one account for each role.",
    ),
}
FILLING = Text(zh="正在装入虚构城市……", en="Filling the home with the invented city …")
OPEN = Text(
    zh="塔基已启动：{address}\n数据文件夹：{home}\n按 Ctrl-C 停止。",
    en="Taji is running: {address}\nIts data: {home}\nStop it with Ctrl-C.",
)
WAY_IN = Text(
    zh="还没有人能登录。请在浏览器打开下面的链接，为管理员账户 {username} 设置密码"
    "（一次有效，三天内；设置之前，每次启动都给一个新的）：\n{link}",
    en="Nobody can sign in yet. Open this link in a browser to choose the password of the "
    "administrator's account {username} (works once, for three days; until then every start gives "
    "a new one):\n{link}",
)
STOPPED = Text(zh="已停止。", en="Stopped.")


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(host: str, port: int, data: Path | None, workers: int, demo: bool, quiet: bool) -> int:
        home = (data or Path(os.environ.get(HOME_VARIABLE, "taji-data"))).resolve()
        place = Place(home=home, host=host, port=port, workers=workers)
        with place.held():
            make_ready(place)
            welcome = OPEN[language].format(address=place.address, home=home)
            before = _filled(home, language, quiet=quiet) if demo else _way_in(language)
            if before:
                welcome = f"{before}\n{welcome}"
            serve(place, ready=lambda: click.echo(welcome))
        say(STOPPED, quiet=quiet, language=language)
        return 0

    return Command(
        name="serve",
        language=language,
        help=HELP[language],
        params=[
            click.Option(
                ["--port"],
                type=click.IntRange(1, 65535),
                default=8000,
                show_default=True,
                help=OPTIONS["port"][language],
            ),
            click.Option(
                ["--host"], default="127.0.0.1", show_default=True, help=OPTIONS["host"][language]
            ),
            click.Option(
                ["--data"],
                type=click.Path(file_okay=False, path_type=Path),
                help=OPTIONS["data"][language],
            ),
            click.Option(
                ["--workers"],
                type=click.IntRange(min=1),
                default=2,
                show_default=True,
                help=OPTIONS["workers"][language],
            ),
            click.Option(["--demo"], is_flag=True, help=OPTIONS["demo"][language]),
            lang_option(language),
            quiet_option(language),
        ],
        callback=run,
    )


def _way_in(language: Language) -> str:
    """Say how the first administrator comes in, until that has happened."""
    from taji.web.people.first import USERNAME, way_in

    link = way_in(language)
    return "" if link is None else WAY_IN[language].format(username=USERNAME, link=link)


def _filled(home: Path, language: Language, *, quiet: bool) -> str:
    """Fill the home with the demo city, and say how to sign in."""
    from taji.web.demo.home import fill_home, told

    say(FILLING, quiet=quiet, language=language)
    return told(fill_home(home), language)
