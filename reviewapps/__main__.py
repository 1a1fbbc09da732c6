"""``python -m reviewapps`` is the ``reviewapps`` command."""

from reviewapps.cli import main

main()
