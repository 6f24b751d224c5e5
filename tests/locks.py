"""Who waits for a lock of the database."""

SOMEONE_WAITS = """
    SELECT EXISTS (
        SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database() AND backend_type = 'client backend'
    )
"""  # somebody of this test: another test process shares the server, and the server tidies up by itself
