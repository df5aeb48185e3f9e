"""`python -m ops`: the command `analytics` for who has an interpreter and no PATH."""

from ops.cli import main

main()
