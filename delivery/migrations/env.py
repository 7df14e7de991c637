"""Alembic runs this file: steps are taken on the connection that `schema.py` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table="schema_version")
context.run_migrations()
