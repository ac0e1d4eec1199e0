"""Migrations of tables that are in use meanwhile."""

from collections.abc import Iterator

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class AddIndexWhileInUse(AddIndexConcurrently):
    """Where it can be, without keeping anybody from writing; in a migration with `atomic = False`.

    An attempt that waited too long for a transaction leaves an index behind that serves nobody: it
    is dropped first.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, *states)
            return
        schema_editor.execute(
            f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}"
        )
        super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else AddIndex
        kind.database_backwards(self, app_label, schema_editor, *states)


class AddConstraintWhileInUse(AddConstraint):
    """A check of a large table, added while everybody goes on writing.

    It counts for new rows at once, and the others are looked at meanwhile. In a migration with
    `atomic = False`. An attempt that was given up, or found a row that breaks it, can be made
    again.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, *states)
            return
        model = states[1].apps.get_model(app_label, self.model_name)
        table, name = (
            schema_editor.quote_name(part) for part in (model._meta.db_table, self.constraint.name)
        )
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        schema_editor.execute(
            f"{self.constraint.create_sql(model, schema_editor)} NOT VALID", params=None
        )
        schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


class ProveSamePartner(Operation):
    """Let PostgreSQL refuse a row of `model_name` that refers to another partner's (C6).

    It refers by one of `names`. A foreign key of both columns, (partner_id, …_id) to (partner_id,
    id), in place of Django's own: it is checked at the commit as that is, and proves the same, as
    every row has a partner. Each key looks up and locks a row whenever one is written, so one is
    enough. What it refers to gets the unique index that this takes. SQLite keeps Django's own, and
    is left to `check_consistency`.
    For a table in use in a migration with `atomic = False`: nobody is kept from writing, and it can
    be made again after an attempt that was given up.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, *names: str) -> None:
        self.model_name, self.names = model_name, names

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing: models know the relations one by one."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        for table, column, name, target in self._keys(app_label, schema_editor, states[1]):
            index = f"{target}_of_partner"
            how = "" if schema_editor.connection.in_atomic_block else "CONCURRENTLY"
            if not self._has_index(schema_editor, index):
                schema_editor.execute(f"DROP INDEX {how} IF EXISTS {index}")
                schema_editor.execute(
                    f"CREATE UNIQUE INDEX {how} {index} ON {target} (partner_id, id)"
                )
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            schema_editor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (partner_id, {column}) "
                f"REFERENCES {target} (partner_id, id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
            )
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
            drop_own_key(schema_editor, table, column)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        """Drops the keys for Django's own; the indexes serve those of other tables too."""
        for table, column, name, target in self._keys(app_label, schema_editor, states[0]):
            schema_editor.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, "
                f"ADD FOREIGN KEY ({column}) REFERENCES {target} (id) DEFERRABLE INITIALLY DEFERRED"
            )

    def _keys(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState
    ) -> Iterator[tuple[str, str, str, str]]:
        """Table, column and name of each key, and the table it refers to; none off PostgreSQL."""
        if schema_editor.connection.vendor != "postgresql":
            return
        model = state.apps.get_model(app_label, self.model_name)
        for name in self.names:
            table, field = model._meta.db_table, model._meta.get_field(name)
            yield (
                table,
                str(field.column),
                f"{table}_{name}_same_partner",
                field.related_model._meta.db_table,
            )

    def _has_index(self, schema_editor: BaseDatabaseSchemaEditor, name: str) -> bool:
        """Whether a complete one is there already."""
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name]
            )
            return bool(cursor.fetchone() == (True,))

    def describe(self) -> str:
        names = ", ".join(self.names)
        return f"Prove that {self.model_name} refers to rows of its own partner: {names}"


def drop_own_key(schema_editor: BaseDatabaseSchemaEditor, table: str, column: str) -> None:
    """Django's foreign key of this column alone: one that is there, or is to be made at the end."""
    schema_editor.deferred_sql = [
        sql
        for sql in schema_editor.deferred_sql
        if not (
            isinstance(sql, Statement)
            and sql.template == schema_editor.sql_create_fk
            and sql.references_column(table, column)
        )
    ]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid "
            "AND conkey = ARRAY[attnum] WHERE contype = 'f' AND conrelid = to_regclass(%s) "
            "AND attname = %s",
            [table, column],
        )
        for (name,) in cursor.fetchall():
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


# BP001 is ours: benefits_portal/database_errors.py
REFUSE_WHILE_MOVED = """
CREATE OR REPLACE FUNCTION refuse_while_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE until timestamptz;
BEGIN
    SELECT moving_until INTO until FROM tenants_partner WHERE id = NEW.partner_id FOR KEY SHARE;
    IF until IS NOT NULL THEN
        RAISE EXCEPTION 'the partner is being moved' USING ERRCODE = 'BP001';
    END IF;
    RETURN NEW;
END $$
"""


class RefuseWhileMoved(Operation):
    """Let PostgreSQL refuse a row of `model_name` whose partner is closed while it is moved.

    What happens at a partner is on record in the transaction in which it happens, so on the record
    this is refused for all of it: also for a request that had found the partner open. It holds the
    partner's row, so that whoever closes it can wait for what began before.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing: no model knows of it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        table = states[1].apps.get_model(app_label, self.model_name)._meta.db_table
        schema_editor.execute(REFUSE_WHILE_MOVED)
        schema_editor.execute(
            f"CREATE TRIGGER refuse_while_moved BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW "
            "WHEN (NEW.partner_id IS NOT NULL) EXECUTE FUNCTION refuse_while_moved()"
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            table = states[0].apps.get_model(app_label, self.model_name)._meta.db_table
            schema_editor.execute(f"DROP TRIGGER refuse_while_moved ON {table}")

    def describe(self) -> str:
        return f"Refuse {self.model_name} while its partner is moved"


class SetStatistics(Operation):
    """Let PostgreSQL look at `target` times 300 rows to learn how often values of a column come.

    From the usual 100 it takes one of twenty people for one of two hundred, and reads the whole
    directory to find them.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, name: str, target: int) -> None:
        self.model_name, self.name, self.target = model_name, name, target

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing: it is about plans of queries."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        self._set(app_label, schema_editor, states[1], self.target)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        self._set(app_label, schema_editor, states[0], -1)

    def _set(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        state: ProjectState,
        target: int,
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            table = state.apps.get_model(app_label, self.model_name)._meta.db_table
            schema_editor.execute(
                f"ALTER TABLE {table} ALTER COLUMN {self.name} SET STATISTICS {target}"
            )

    def describe(self) -> str:
        return f"Learn more of {self.model_name}.{self.name}"
