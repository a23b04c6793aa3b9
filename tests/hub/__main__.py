"""Serve a table as a Hub, by hand: `python -m tests.hub --table FILE`."""

import re
import signal
import sys
import threading
from pathlib import Path

import click

from tests.hub.server import Hub
from tests.hub.storm import Storm


def _quota(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, float] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+(?:\.\d+)?)", text)
    if not match or not float(match[2]):
        raise click.BadParameter("write it as REQUESTS/SECONDS, for instance 500/300")
    return int(match[1]), float(match[2])


@click.command()
@click.option("--table", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--port", default=0, show_default="any that is free", type=click.IntRange(0, 65535))
@click.option("--page", default=1000, show_default=True, type=click.IntRange(1), help="the most records of a page")
@click.option("--delay", default=0.0, show_default=True, type=click.FloatRange(0), help="seconds before each answer")
@click.option("--token", help="the only token that is taken")
@click.option("--quota", callback=_quota, metavar="N/SECONDS", help="refuse more requests than that")
@click.option("--storm", metavar="SHARE", type=click.FloatRange(0, 1), help="answer this share with a fault")
@click.option("--seed", default=0, show_default=True, help="of the storm")
def main(
    table: Path,
    port: int,
    page: int,
    delay: float,
    token: str | None,
    quota: tuple[int, float] | None,
    storm: float | None,
    seed: int,
) -> None:
    """Play the Hugging Face Hub on 127.0.0.1 over the models in a table, until Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        weather = Storm(storm, seed) if storm else None
        hub = Hub(table, page=page, delay=delay, token=token, quota=quota, storm=weather, port=port)
    except (OSError, ValueError) as error:
        sys.exit(f"{table.name} cannot be served: {error}")
    with hub:
        print(f"A Hub over {table.name} is at {hub.url}: lineage build hub --endpoint {hub.url}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main(prog_name="python -m tests.hub")
