"""For operators: logs, metrics, readiness and checks."""
