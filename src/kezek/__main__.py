"""`python -m kezek` is the same as `kezek`."""

from kezek.cli.main import run

run()
