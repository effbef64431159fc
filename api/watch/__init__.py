"""What operators see: logs and checks."""
