"""The commands of `run.py`, one file each.

A command imports the application when it runs, so `--help` and wrong usage do not wait half a second for it.
"""
