"""Tests of logs, metrics and checks for operators."""
