"""Migration operations for tables in use."""

from collections.abc import Iterator

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class AddIndexWhileInUse(AddIndexConcurrently):
    """Add an index without blocking writes, on PostgreSQL; in a migration with `atomic = False`.

    Drops the invalid index of an aborted attempt first.
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
    """Add a check constraint to a large table without blocking writes.

    It applies to new rows at once; existing rows are checked afterwards. In a migration with
    `atomic = False`. Can be repeated after an aborted attempt.
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
    """Let PostgreSQL refuse rows of `model_name` that refer by `names` to another partner (C6).

    Replaces Django's foreign key by one of both columns, (partner_id, …_id) to (partner_id, id),
    also checked at commit. Keeping both would look up and lock two rows for each write. The target
    table gets the unique index that it needs. SQLite keeps Django's key, and `check_consistency`
    finds wrong rows.

    For a table in use, in a migration with `atomic = False`, it blocks no writes, and can be
    repeated after an aborted attempt.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, *names: str) -> None:
        self.model_name, self.names = model_name, names

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing: the model state keeps single-column relations."""

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
        """Restore Django's keys; the indexes stay, since keys of other tables use them."""
        for table, column, name, target in self._keys(app_label, schema_editor, states[0]):
            schema_editor.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, "
                f"ADD FOREIGN KEY ({column}) REFERENCES {target} (id) DEFERRABLE INITIALLY DEFERRED"
            )

    def _keys(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState
    ) -> Iterator[tuple[str, str, str, str]]:
        """Table, column, name and target table of each key; none unless this is PostgreSQL."""
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
        """Whether the index exists and is valid."""
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name]
            )
            return bool(cursor.fetchone() == (True,))

    def describe(self) -> str:
        names = ", ".join(self.names)
        return f"Prove that {self.model_name} refers to rows of its own partner: {names}"


def drop_own_key(schema_editor: BaseDatabaseSchemaEditor, table: str, column: str) -> None:
    """Drop Django's foreign key of `column`, whether it exists or is still deferred."""
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
    """Let PostgreSQL refuse rows of `model_name` for a partner that is being moved.

    Every action at a partner is recorded in its own transaction, so a trigger on the record refuses
    all of them, also of requests that began before the partner was closed. The trigger locks the
    partner's row, so that closing a partner waits for running actions.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing: triggers are not part of the model state."""

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
    """Let PostgreSQL sample `target` times 300 rows for its statistics of a column.

    With the default of 100, it estimates that twenty matching people are two hundred, and reads the
    whole directory to find them.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, name: str, target: int) -> None:
        self.model_name, self.name, self.target = model_name, name, target

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing: statistics are not part of the model state."""

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
