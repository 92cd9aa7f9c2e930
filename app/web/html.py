"""The few pages outside the dashboard: plain HTML in the dashboard's look.

Everything that is put in is escaped; there is no script at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from starlette.responses import HTMLResponse

from app.web.paths import LOGIN_FILES

_STYLE = """
@font-face { font-family: Inter; font-weight: 100 900; font-display: swap;
  src: url("FILES/inter-latin-wght-normal.woff2") format("woff2"); }
:root { color-scheme: light dark; --paper: #fbfaf7; --second: #f1efe9; --ink: #1d2524;
  --muted: #6d7572; --line: #dedad0; --green: #1f5f5b; --on-green: #fbfaf7; --bad: #b23a48; }
@media (prefers-color-scheme: dark) { :root { --paper: #141a1a; --second: #1c2424;
  --ink: #e7e9e4; --muted: #93a09c; --line: #2d3838; --green: #6fbdb3; --on-green: #141a1a;
  --bad: #e27d88; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.6rem;
  background: var(--paper); color: var(--ink); font: 400 0.95rem/1.5 Inter, sans-serif; }
main { width: 100%; max-width: 27rem; }
.brand { display: block; margin-bottom: 1.8rem; }
.brand img { height: 1.9rem; display: block; }
h1 { font-size: 1.5rem; font-weight: 650; line-height: 1.25; margin: 0 0 0.35rem; }
.lead { color: var(--muted); margin: 0 0 1.4rem; }
label { display: block; font-weight: 560; font-size: 0.875rem; margin: 0 0 0.3rem; }
input { width: 100%; padding: 0.6rem 0.75rem; margin: 0 0 1rem; font: inherit;
  color: inherit; background: var(--second); border: 1px solid var(--line);
  border-radius: 0.5rem; }
button { width: 100%; padding: 0.62rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-green); background: var(--green); border: 1px solid var(--green);
  border-radius: 0.5rem; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--green);
  outline-offset: 2px; }
.quiet { color: var(--ink); background: transparent; border-color: var(--line);
  text-align: left; font-weight: 560; }
.quiet small { display: block; color: var(--muted); font-weight: 400; font-size: 0.82rem; }
.quiet:hover { border-color: var(--green); }
.roles { display: grid; gap: 0.6rem; margin-bottom: 1.4rem; grid-template-columns: 1fr 1fr; }
.roles form, .roles button { height: 100%; }
@media (max-width: 29rem) { .roles { grid-template-columns: 1fr; } }
form { margin: 0; }
.problem { border: 1px solid var(--bad); border-radius: 0.5rem; padding: 0.7rem 0.85rem;
  margin: 0 0 1.2rem; }
.problem strong { color: var(--bad); font-weight: 600; display: block; }
.done { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.7rem 0.85rem;
  margin: 0 0 1.2rem; background: var(--second); }
.or { color: var(--muted); font-size: 0.875rem; margin: 0 0 0.9rem; }
.foot { color: var(--muted); font-size: 0.82rem; margin: 1.4rem 0 0; }
a { color: var(--green); }
""".replace("FILES", LOGIN_FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of a form."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    value: str = ""
    autofocus: bool = False

    def html(self) -> str:
        focus = " autofocus" if self.autofocus else ""
        return (
            f'<label for="{escape(self.name)}">{escape(self.label)}</label>'
            f'<input id="{escape(self.name)}" name="{escape(self.name)}" '
            f'type="{escape(self.kind)}" autocomplete="{escape(self.autocomplete)}" '
            f'value="{escape(self.value)}" required maxlength="200" spellcheck="false" '
            f'autocapitalize="none"{focus}>'
        )


def form(
    action: str,
    button: str,
    *,
    fields: Sequence[Field] = (),
    hidden: Sequence[tuple[str, str]] = (),
    note: str = "",
    quiet: bool = False,
) -> str:
    """A form with one button; ``note`` is a second, muted line on it."""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden
    )
    small = f"<small>{escape(note)}</small>" if note else ""
    style = ' class="quiet"' if quiet else ""
    return (
        f'<form method="post" action="{escape(action)}">{kept}'
        f"{''.join(field.html() for field in fields)}"
        f'<button type="submit"{style}>{escape(button)}{small}</button></form>'
    )


def message(text: str, remedy: str = "", *, good: bool = False) -> str:
    if good:
        return f'<p class="done" role="status">{escape(text)} {escape(remedy)}</p>'
    return f'<p class="problem" role="alert"><strong>{escape(text)}</strong>{escape(remedy)}</p>'


def page(title: str, lead: str, body: str, *, status: int = 200) -> HTMLResponse:
    """A whole page; ``body`` is HTML made by this module's functions."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Shopsight</title>"
        f'<link rel="icon" href="{LOGIN_FILES}/mark.svg" type="image/svg+xml">'
        f'<style nonce="{nonce}">{_STYLE}</style></head><body><main>'
        f'<picture class="brand"><source srcset="{LOGIN_FILES}/logo-dark.svg" '
        f'media="(prefers-color-scheme: dark)"><img src="{LOGIN_FILES}/logo-light.svg" '
        f'alt="Shopsight"></picture>'
        f'<h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p>{body}'
        f"</main></body></html>",
        status_code=status,
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"},
    )
