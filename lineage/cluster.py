"""A function over many items on a Dask cluster that is there already: one future an item.

Lost workers, retries and what runs where are Dask's business. Ours is that no wait goes on for ever.
"""

import contextlib
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from lineage.errors import SourceError, UsageError

#: For the scheduler to answer, and for the first worker to come, or another one when all have gone.
_WAIT_SECONDS = 60.0

#: How often it is looked whether there still is a worker.
_LOOK_SECONDS = 2.0


def each(
    function: Callable[[Any], Any], items: Sequence[Any], scheduler: str, wait: float = _WAIT_SECONDS
) -> Generator[tuple[Any, str | None], None, None]:
    """Run `function` on every item; yields (result, None) or (None, reason) in the order of the items.

    `scheduler`: an address like `tcp://host:8786`, or the path of a scheduler file. `function` must be importable on
    the workers too; items and results must be picklable. The one reason is `crashed`: several workers in a row died
    of the item. `wait`: seconds without a scheduler or any worker after which it is given up. Raises UsageError without
    Dask or the scheduler file, SourceError where nobody answers or the workers cannot run the function.
    """
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise UsageError("--scheduler needs Dask: pip install 'model-lineage[cluster]'") from None
    if "://" in scheduler:
        where = {"address": scheduler}
    elif Path(scheduler).is_file():
        where = {"scheduler_file": scheduler}
    else:
        raise UsageError(
            f"{scheduler!r} is neither an address like tcp://host:8786 nor a scheduler file that is there."
        )
    try:
        client = Client(**where, timeout=wait, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SourceError(
            f"No Dask scheduler answers at {scheduler} ({type(error).__name__}). Check the address, or leave "
            "--scheduler away to work on this machine."
        ) from None
    with contextlib.closing(client):
        futures = client.map(function, items, pure=False)
        try:
            for future in futures:
                failed = _outcome(client, future, scheduler, wait)
                if failed is None:
                    yield future.result(), None
                elif isinstance(failed, KilledWorker):
                    yield None, "crashed"
                else:
                    raise SourceError(
                        f"The workers of {scheduler} cannot do it ({type(failed).__name__}: {failed}). They need the "
                        "same version of model-lineage as this machine."
                    )
        finally:
            client.cancel(futures)


def _outcome(client: Any, future: Any, scheduler: str, seconds: float) -> Any:
    """Wait until the future has ended; what it raised, or None.

    Raises SourceError when there has been no worker for so many seconds, or the scheduler has gone.
    """
    from distributed import TimeoutError as Expired

    seen = time.monotonic()
    while True:
        with contextlib.suppress(Expired):
            return future.exception(timeout=min(_LOOK_SECONDS, seconds))
        if client.status != "running":
            raise SourceError(f"The Dask scheduler at {scheduler} has gone. Start it, then run this again.")
        if client.nthreads():
            seen = time.monotonic()
        elif time.monotonic() - seen >= seconds:
            raise SourceError(
                f"The Dask scheduler at {scheduler} has had no worker for {seconds:.0f} seconds. Start one: "
                f"dask worker {scheduler}"
            )
