"""Brings a database up to the schema this program knows. Runs at every start.

Alembic's revisions and operations without its ``env.py``: one connection, one ``BEGIN IMMEDIATE``. SQLite
changes its schema inside transactions, so an upgrade happens wholly or not at all, and of two processes that
start at once the second waits and then finds the work done.

For developers, after a change of ``schema`` or ``telemetry_schema.py``:

    python -m console.store.migrate revision "why"

Until the first release there is one initial migration a database, and the command writes it anew. Its id ends
in a digest of what it makes, so that a database of another development state is refused and not taken for
this one (docs/decisions/0017). Set ``RELEASED`` at the release, and the command adds a revision with the
difference. Read what it wrote: a rename looks like a drop. Expand first, contract one release later, so that
a desktop and an edge of two versions get along.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine

from console.errors import StoreTooNew, StoreUnavailable
from console.store.schema import ledger_metadata
from console.store.sqlite import read, write
from console.store.telemetry_schema import telemetry_metadata

RELEASED = False
_INITIAL = "0001"
_VERSION_TABLE = "schema_version"
_PARTITION = re.compile(r"samples_\d+")


@dataclass(frozen=True, slots=True)
class Database:
    """One of the two databases: its name, its tables, and the folder of its migrations."""

    name: str
    metadata: MetaData

    @property
    def folder(self) -> Path:
        return Path(__file__).parent / "migrations" / self.name


LEDGER = Database("ledger", ledger_metadata)
TELEMETRY = Database("telemetry", telemetry_metadata)


def upgrade(engine: Engine, database: Database) -> None:
    """Bring the database to this program's schema; a database already there is only read.

    Raises StoreTooNew where a newer program has been at work, StoreUnavailable where the file belongs to
    something else or to another development state of before the first release, DiskFull.
    """
    script = _script(database)
    with read(engine) as tx:
        if _current(tx, engine, script, database) == script.get_current_head():
            return
    with write(engine) as tx:
        # asked again inside the lock: another process may have done it meanwhile
        if _current(tx, engine, script, database) != script.get_current_head():
            _run(tx, script, database)


def current_revision(engine: Engine, database: Database) -> str | None:
    """The revision the database stands at; None for an empty one. Raises as ``upgrade``."""
    with read(engine) as tx:
        return _current(tx, engine, _script(database), database)


def differences(engine: Engine, database: Database) -> list[Any]:
    """Alembic's operations that would turn the database into the metadata; empty when they agree."""
    with read(engine) as tx:
        operations = produce_migrations(_context(tx, database), database.metadata).upgrade_ops
    return [] if operations is None else list(operations.ops)


def _script(database: Database) -> ScriptDirectory:
    config = Config()
    # Alembic expands % in its options, and a folder's name may hold one
    config.set_main_option("script_location", str(database.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _options(database: Database) -> dict[str, Any]:
    return {
        "version_table": _VERSION_TABLE,
        "target_metadata": database.metadata,
        "transactional_ddl": True,
        "compare_type": True,
        "include_name": lambda name, kind, _: not (kind == "table" and _PARTITION.fullmatch(name or "")),
        "render_item": _render_item,
        "user_module_prefix": "types.",
    }


def _context(connection: Connection, database: Database) -> MigrationContext:
    return MigrationContext.configure(connection, opts=_options(database))


def _current(tx: Connection, engine: Engine, script: ScriptDirectory, database: Database) -> str | None:
    """The revision found in the database, once it is known to be one of ours."""
    place = engine.url.database
    revision = _context(tx, database).get_current_revision()
    known = {entry.revision for entry in script.walk_revisions()}
    tables = tx.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").scalars().all()
    foreign = next((name for name in tables if name != _VERSION_TABLE), None)
    # both databases count their revisions from 1, so the number alone does not tell one from the other
    if revision is None or not database.metadata.tables.keys() & set(tables):
        if foreign is not None:
            raise StoreUnavailable(
                f"The file {place} is a database, but not the console's {database.name} (it holds a table "
                f"{foreign!r}).",
                "Name another file in the settings.",
            )
    elif revision not in known and revision.partition("_")[0] == _INITIAL:
        raise StoreUnavailable(
            f"The {database.name} {place} was made by another development state of the plant console, with "
            f"other tables (schema {revision}; this program has {script.get_current_head()}).",
            "Use the program that made it, or move the file away and start with an empty one: before the "
            "first release no database is carried over. Nothing was changed.",
        )
    elif revision not in known:
        raise StoreTooNew(
            f"The {database.name} {place} was made by a newer plant console (schema {revision}; this program "
            f"knows up to {script.get_current_head()}).",
            "Install the newer version here too. Nothing was changed.",
        )
    return revision


def _run(tx: Connection, script: ScriptDirectory, database: Database) -> None:
    """Run the missing revisions on the open transaction."""

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs("head", revision)  # what alembic.command.upgrade does

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=tx, **_options(database))
        environment.run_migrations()


# --- for developers -------------------------------------------------------------------------------------


def _render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Our column types by their short name."""
    if kind == "type" and type(item).__module__ == "console.store.types":
        return f"types.{type(item).__name__}()"
    return False


_TEMPLATE = '''"""{why}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
{imports}
revision = {revision!r}
down_revision: str | None = {down!r}


def upgrade() -> None:
{body}
'''


def write_revision(database: Database, why: str) -> Path | None:
    """Write the migration from the last revision to the metadata; None where nothing differs."""
    script = _script(database)
    versions = database.folder / "versions"
    engine = create_engine("sqlite://")
    down = script.get_current_head() if RELEASED else None
    with engine.connect() as connection, connection.begin():
        if down is not None:
            _run(connection, script, database)
        context = _context(connection, database)
        operations = produce_migrations(context, database.metadata).upgrade_ops
    if operations is None or not operations.ops:
        return None
    body = _without_comments(
        render_python_code(operations, render_item=_render_item, migration_context=context)
    )
    imports = "\nfrom console.store import types\n" if "types." in body else ""
    number = 1 if down is None else int(down.partition("_")[0]) + 1
    identity = f"{number:04}" if down is not None else f"{_INITIAL}_{_digest(body)}"
    slug = "initial" if down is None else re.sub(r"\W+", "_", why.lower()).strip("_")[:40]
    file = versions / f"r{number:04}_{slug}.py"
    text = _TEMPLATE.format(
        why=f"{why.strip().rstrip('.')}.",
        imports=imports,
        revision=identity,
        down=down,
        body=body,
    )
    file.write_text(text, encoding="utf-8", newline="\n")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(file)], check=False)
    return file


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:8]


def _without_comments(body: str) -> str:
    lines = (line for line in body.splitlines() if not line.strip().startswith("# ###"))
    return "    " + "\n".join(lines).strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """The developer's command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m console.store.migrate")
    commands = parser.add_subparsers(dest="command", required=True)
    revision = commands.add_parser("revision", help="write the migration that the tables now need")
    revision.add_argument("why", help="what it is for; becomes the file's first line")
    chosen = parser.parse_args(arguments)
    for database in (LEDGER, TELEMETRY):
        file = write_revision(database, chosen.why)
        print(f"{database.name}: {file.name if file else 'nothing to do'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
