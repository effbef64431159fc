"""Tests of the journal, over sockets."""
