"""The second factor: codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds) and recovery codes."""

import base64
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode

import segno
from django.db import transaction

from accounts.constants import FAILURE_WINDOW_S, FAILURES_ALLOWED, RECOVERY_CODES
from accounts.hashing import digest, same
from accounts.models import RecoveryCode, TotpDevice, User, UserSession
from accounts.services.errors import TotpRequired
from accounts.services.notices import notice_send
from accounts.services.vault import register_sealed, seal, unseal
from core import audit
from core.errors import Conflict, InvalidRequest, RateLimited, Unauthenticated
from core.ratelimit import Limiter

STEP_S, DIGITS, SECRET_BYTES = 30, 6, 20
ISSUER = "Trading platform"

register_sealed(TotpDevice, "secret_sealed")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, on the one occasion it is shown."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_svg: str = field(repr=False)


def totp_code(secret: bytes, step: int) -> str:
    """Return the code of one 30-second step (RFC 4226 truncation, RFC 6238 time steps)."""
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def totp_step(now: datetime) -> int:
    """Return the number of the step ``now`` lies in."""
    return int(now.timestamp()) // STEP_S


def totp_device(user: User) -> TotpDevice | None:
    """Return the confirmed authenticator of ``user``."""
    return TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).first()


def recovery_codes_left(user: User) -> int:
    """Return how many recovery codes of ``user`` are unused."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


@transaction.atomic
def totp_begin(*, user: User, now: datetime) -> Enrolment:
    """Draw a new secret for ``user``; it counts once `totp_confirm` has seen a code. Conflict if one counts already."""
    if totp_device(user) is not None:
        raise Conflict("Two-factor sign-in is on already. Switch it off first.")
    raw = secrets.token_bytes(SECRET_BYTES)
    text = base64.b32encode(raw).decode()
    TotpDevice.objects.filter(user=user).delete()
    device = TotpDevice(user=user, created_at=now)
    device.secret_sealed = seal(device, "secret_sealed", text)
    device.save(force_insert=True)
    label = quote(f"{ISSUER}:{user.email}")
    uri = f"otpauth://totp/{label}?{urlencode({'secret': text, 'issuer': ISSUER}, quote_via=quote)}"
    return Enrolment(text, uri, segno.make(uri, error="m").svg_inline(scale=4, border=2))


@transaction.atomic
def totp_confirm(*, user: User, code: str, session: UserSession | None, ip: str, now: datetime) -> list[str]:
    """Switch the second factor on and return the recovery codes, shown this once. InvalidRequest for a wrong code."""
    device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
    if device is None:
        raise Conflict("There is nothing to confirm. Begin the set-up first.")
    if not _use_step(device, code, now):
        raise InvalidRequest("The code is not right. Check the clock of the device and try the next code.")
    TotpDevice.objects.filter(pk=device.pk).update(confirmed_at=now)
    if session is not None:
        UserSession.objects.filter(pk=session.pk).update(second_factor=True)
    audit.record(actor=user, action="totp.enabled", ip=ip, at=now)
    notice_send(user=user, kind="totp_on")
    return _new_recovery_codes(user)


def _new_recovery_codes(user: User) -> list[str]:
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_recovery_hash(user, code)) for code in codes)
    return codes


def _recovery_hash(user: User, code: str) -> str:
    return digest("recovery", str(user.pk), code.strip().lower().replace(" ", ""))


@transaction.atomic
def totp_disable(*, user: User, otp: str, limiter: Limiter, ip: str, now: datetime) -> None:
    """Switch the second factor off; takes a valid code, so that a stolen session is not enough."""
    if not second_factor(user=user, otp=otp, limiter=limiter, now=now):
        raise Conflict("Two-factor sign-in is off.")
    totp_remove(user=user)
    audit.record(actor=user, action="totp.disabled", ip=ip, at=now)
    notice_send(user=user, kind="totp_off")


def totp_remove(*, user: User) -> None:
    """Forget the authenticator and the recovery codes of ``user``."""
    TotpDevice.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def second_factor(*, user: User, otp: str, limiter: Limiter, now: datetime) -> bool:
    """Check the second factor of somebody whose first one was right. Returns False if he has none.

    Raises TotpRequired without a code, Unauthenticated for a wrong or used one, RateLimited after ten wrong ones in
    fifteen minutes.
    """
    device = totp_device(user)
    if device is None:
        return False
    if not otp.strip():
        raise TotpRequired("Enter the code of your authenticator app, or a recovery code.")
    key = f"totp:{user.pk}"
    state = limiter.peek(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
    if not state.allowed:
        raise RateLimited("Too many wrong codes. Try again later.", retry_after_s=state.retry_after_s)
    if not _use_step(device, otp, now) and not _use_recovery(user, otp, now):
        limiter.hit(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
        raise Unauthenticated("The code of the authenticator app is not right.")
    return True


def _use_step(device: TotpDevice, code: str, now: datetime) -> bool:
    """Tell whether ``code`` is of this step or a neighbour, and use the step up: a code counts once."""
    secret = base64.b32decode(unseal(device, "secret_sealed"))
    given, present = code.replace(" ", ""), totp_step(now)
    for step in (present, present - 1, present + 1):
        if same(totp_code(secret, step), given):
            return TotpDevice.objects.filter(pk=device.pk, last_step__lt=step).update(last_step=step) == 1
    return False


def _use_recovery(user: User, code: str, now: datetime) -> bool:
    mine = RecoveryCode.objects.filter(user=user, code_hash=_recovery_hash(user, code), used_at__isnull=True)
    if mine.update(used_at=now) != 1:
        return False
    notice_send(user=user, kind="recovery_code_used")
    return True
