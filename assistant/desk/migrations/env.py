"""What Alembic runs: the revisions, on the connection that `migrating` opened."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None, transactional_ddl=False,
                  render_as_batch=True)
context.run_migrations()
