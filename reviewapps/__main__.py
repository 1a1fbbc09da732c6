"""``python -m reviewapps`` is the ``reviewapps`` command."""

from reviewapps.cli import app

app(prog_name="reviewapps")
