"""What people see of the gate itself."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{title}</title>
<style>
body {{ font: 1.125rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto 0; padding: 0 1rem;
       color: #1b1b1b; background: #fff }}
h1 {{ font-size: 1.5rem }}
label, input, button {{ display: block; font: inherit; width: 100%; box-sizing: border-box }}
input, button {{ margin-top: .5rem; padding: .5rem; border: 1px solid #565c65; border-radius: .25rem }}
button {{ background: #005ea2; color: #fff; border-color: #005ea2 }}
[role=alert] {{ color: #b50909 }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""

_FORM = """<p>{host} is not public. Ask the team for the password.</p>
{alert}<form method="post" action="{action}">
<input type="hidden" name="to" value="{to}">
<label for="password">Team password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button>Open the preview</button>
</form>"""


def form(host: str, action: str, to: str, alert: str = "") -> str:
    """The page that asks for the password, and then leads on to ``to``."""
    said = f'<p role="alert">{escape(alert)}</p>\n' if alert else ""
    body = _FORM.format(host=escape(host), action=escape(action), to=escape(to), alert=said)
    return _PAGE.format(title="This is a preview", body=body)


def page(title: str, text: str) -> str:
    """A page that says one thing."""
    return _PAGE.format(title=escape(title), body=f"<p>{escape(text)}</p>")
