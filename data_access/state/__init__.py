"""The app database: engine, tables, migrations, and a small store for each table.

Reading: ``with state.read() as session: users.list_users(session)``.
Progress, log lines, heartbeats: ``with state.write() as session: jobs.mark_progress(…)``.
Decisions: ``with state.decide(actor, act, object) as session: champions.change_champion(…)``.
"""
