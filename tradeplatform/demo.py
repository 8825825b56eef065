"""Who may try the embedded default: demo users, and a demo partner with a test key, made once and kept in a file."""

import secrets
from pathlib import Path

from accounts.models import User
from accounts.services.users import user_ensure
from core import clock
from market.selectors.instruments import names_of
from market.services.watchlists import watchlist_create
from partners.constants import Environment
from partners.models import Partner
from partners.services.keys import key_create
from partners.services.partners import member_add, partner_create

SYMBOLS = ("NSE:RELIANCE", "NSE:TCS", "NSE:HDFCBANK", "NSE:INFY", "NSE:ICICIBANK", "NSE:SBIN", "NSE:ITC")
USERS = (("demo@example.com", "Demo trader", False), ("admin@example.com", "Demo admin", True))
PARTNER = "Demo partner"
_KEY = "Test key  "


def demo_identities(state_dir: Path) -> list[str]:
    """Make demo users and partner where they are missing, keep passwords and key in ``demo.txt`` (0600), return it.

    A state of an earlier version gets what it lacks; what it has stays as it is.
    """
    path = state_dir / "demo.txt"
    lines = path.read_text().splitlines() if path.exists() else [_user(*row) for row in USERS]
    if not any(line.startswith(_KEY) for line in lines):
        lines.append(_KEY + _test_key())
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    return lines


def _user(email: str, name: str, is_admin: bool) -> str:
    password = secrets.token_urlsafe(9)
    user, _ = user_ensure(email=email, password=password, is_admin=is_admin, name=name)
    if not user.watchlists.exists():
        # A source without a list of its own (yahoo, replay) starts with no instruments, so some may be unknown.
        watchlist_create(owner=user, name="Large companies", symbols=list(names_of(SYMBOLS)))
    return f"{'Admin ' if is_admin else 'Sign in'}  {email}  {password}"


def _test_key() -> str:
    """Return a new test key of the demo partner, whose console the demo user runs."""
    now, email = clock.now(), USERS[0][0]
    partner = Partner.objects.filter(name=PARTNER).first()
    if partner is None:
        made = partner_create(
            name=PARTNER, actor="system", now=now, contact_email=email, environment=Environment.TEST,
            intended_use="Trying the partner API on the simulated market.", reason="First start.",
        )  # fmt: skip
        partner, key = made.partner, made.key
    else:
        key = key_create(partner=partner, environment=Environment.TEST, actor="system", now=now, label="demo")
    if User.objects.filter(email__iexact=email, is_active=True).exists():
        member_add(partner=partner, email=email, actor="system", now=now)
    return key.text
