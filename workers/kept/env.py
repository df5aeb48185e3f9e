"""What Alembic runs: the revisions, over the connection and in the transaction of `migrate`."""

from alembic import context

from workers.kept import SCHEMA, VERSIONS

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSIONS,
    version_table_schema=SCHEMA,
)
context.run_migrations()
