"""`lineage load`: a snapshot into Neo4j."""

import contextlib
from collections.abc import Iterator
from typing import Any

import click

from lineage.commands.options import open_session, prints, snapshot


@click.command()
@click.argument("uri")
@snapshot
@click.option("--prune", is_flag=True, help="Afterwards remove what the snapshot does not hold.")
@click.option("--force", is_flag=True, help="Prune even when more than a fifth would go.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--offline", is_flag=True, help="Into an empty server on this machine, past Bolt: several times faster.")
@click.option("--insecure", is_flag=True, help="Send the password unencrypted to another machine.")
@prints(one_row=True)
def load(
    uri: str,
    snapshot: str | None,
    prune: bool,
    force: bool,
    dry_run: bool,
    offline: bool,
    insecure: bool,
    quiet: bool,
    note: Any,
) -> Any:
    """Put a snapshot into Neo4j at URI; a second time changes nothing.

    Killed or cut off anywhere, the same command goes on. The user and password come from NEO4J_USER and
    NEO4J_PASSWORD (or NEO4J_PASSWORD_FILE), or from the server that `lineage neo4j start` started.

    \b
    Examples:
      lineage load bolt://localhost:7687
      lineage load bolt://localhost:7687 --offline
    """
    import pyarrow as pa

    from lineage.commands.progress import steps
    from lineage.errors import UsageError
    from lineage.stores.address import shown

    if offline and (prune or dry_run):
        raise UsageError("--offline is for an empty database: there is nothing to prune, and nothing to foresee.")
    session = open_session(snapshot)
    here = session.catalog.root / "neo4j"
    with _goes_on(note), steps(note, quiet) as tell:
        if offline:
            from lineage.stores.offline import load_offline

            row = load_offline(session.snapshot, uri, here, on_progress=tell)
        else:
            from lineage.stores.load import load as load_over_bolt

            row = load_over_bolt(
                session.snapshot,
                uri,
                prune=prune,
                force=force,
                dry_run=dry_run,
                insecure=insecure,
                local_home=here,
                on_progress=tell,
            )
    part = session.snapshot.part
    spared = bool(prune and part)
    if spared:
        note(f"nothing was pruned: {session.snapshot.name} holds a part of its source only, for {part}")
    said = {"uri": shown(uri), "prune": prune, "dry_run": dry_run, "offline": offline}
    return session, pa.Table.from_pylist([row]), said, 4 if spared else 0


@contextlib.contextmanager
def _goes_on(note: Any) -> Iterator[None]:
    """Who interrupts a load is told that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        note("what is in stays in; the same command goes on from there")
        raise


COMMANDS = (load,)
