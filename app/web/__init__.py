"""The shell around the dashboard: who gets in, the login page, health, metrics, request logs."""
