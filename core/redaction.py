"""Take secrets out of whatever is about to be written down: log lines, audit data, error texts.

Three nets, each of which catches what slips through the others: values under a telling name (at any depth, in
mappings, in lists of pairs, in ``name=value`` and JSON inside texts), credentials whose form gives them away
(``tc_live_…``, ``zt_…``, ``whsec_…``, JWTs, ``Bearer …``), and the places in URLs and cookies where credentials travel.
The public part of our own keys (``tc_live_`` and twelve hexadecimal digits) says which key it was, opens nothing and
stays.
Unknown objects are written out first and then searched, because their ``repr`` may hold anything.
"""

import functools
import re
from collections.abc import Hashable, Mapping
from typing import Any

MASK = "[redacted]"
_TOO_DEEP = "[too deep]"
_MAX_DEPTH = 8

_ANYWHERE = (
    "password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "credential", "apikey", "api_key",
    "private_key", "signing_key", "access_key", "secret_key", "api_session", "session_id", "sessionid", "kite_session",
    "checksum",
)  # fmt: skip
_WHOLE_WORDS = frozenset({"otp", "totp", "mpin", "tpin", "pin", "cvv", "pwd", "pan", "jwt", "dsn"})
_HARMLESS = frozenset(
    {
        "instrument_token", "instrument_tokens", "exchange_token", "exchange_tokens", "token_type", "token_count",
        "tokens_per_minute", "has_api_secret", "has_webhook_secret", "has_password", "password_changed_at", "secret_id",
        "token_expires_at", "pending_token_count", "csrf_cookie_used",
    }
)  # fmt: skip

# Texts are searched in linear time: no repetition is unbounded before a literal, as paths and bodies come from outside.
_NAMES = (
    r"(?:password|passwd|passphrase|secret|token|authorization|cookie|credential|api[_-]?key|private[_-]?key"
    r"|signing[_-]?key|access[_-]?key|api[_-]?session|session[_-]?id|kite_session|checksum)[\w.-]{0,40}"
    r"|(?<![A-Za-z0-9])(?:otp|totp|mpin|tpin|pin|cvv|pwd|pan|jwt|dsn)"
)
_QUOTE = r"""\\*["']"""
_HEADER_LINE = re.compile(
    r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(\\*[\"']?\s*[:=]\s*\\*[\"']?)(?!\[redacted)([^\r\n\"']+)"
)
_NAMED_VALUE = re.compile(
    rf"(?i)(?P<name>{_NAMES})(?P<link>(?:{_QUOTE})?\s*(?:=|:|%3D|=>)\s*b?)"
    rf"(?:(?P<open>{_QUOTE})(?P<quoted>.*?)(?:(?<!\\)(?P=open)|\Z)|(?P<bare>[^\s\"',;&}})\]>]+))",
    re.DOTALL,
)
_OWN_KEY = re.compile(r"(tc_(?:live|test)_|(?<![A-Za-z0-9_])zt_)([A-Za-z0-9_.\-]+)")
_PUBLIC_ID = re.compile(r"([0-9a-f]{12})(?:[._\-]*\Z|_)")
_WORD_END = re.compile(r"[\w-]+\Z")
_FORMS = (
    (re.compile(r"(?i)\b(bearer|enctoken)(\s+)(?!\[redacted|realm=)[^\s\"',;]{8,}"), rf"\1\2{MASK}"),
    (re.compile(r"(?i)\b(basic)(\s+)[A-Za-z0-9+/]{12,}={0,2}"), rf"\1\2{MASK}"),
    (re.compile(r"(?i)\b(token)(\s+)[\w.-]+:[\w.-]+"), rf"\1\2{MASK}"),
    (re.compile(r"(whsec_)[A-Za-z0-9+/=_\-]+"), rf"\1{MASK}"),
    (re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*"), MASK),
    (re.compile(r"(?i)([a-z][a-z0-9+.\-]{0,20}://)[^\s/?#\"'@]+(?:@[^\s/?#\"'@]+)*@"), rf"\1{MASK}@"),
)


# Each pattern above needs one of these; most texts have none, and are let through for a tenth of the time.
_TRIGGERS = (
    "pass", "secret", "token", "authorization", "cookie", "credential", "key", "session", "checksum", "otp", "pin",
    "cvv", "pwd", "pan", "jwt", "dsn", "bearer", "basic", "tc_", "zt_", "whsec_", "eyj", "://",
)  # fmt: skip


@functools.lru_cache(maxsize=4096)
def is_sensitive(name: Hashable) -> bool:
    """Tell whether a value under this name is secret. Camel case, hyphens and bytes are understood."""
    text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).replace("-", "_").replace(" ", "_").lower()
    if text in _HARMLESS:
        return False
    return any(word in text for word in _ANYWHERE) or not _WHOLE_WORDS.isdisjoint(text.split("_"))


def redact(value: Any) -> Any:
    """Return a copy of ``value`` made of plain types, without secrets.

    Mappings, lists, tuples and sets are walked; numbers, booleans and None pass; everything else becomes text.
    """
    return _redact(value, 0)


def _redact(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if depth > _MAX_DEPTH:
        return _TOO_DEEP
    if isinstance(value, Mapping):
        return {redact_text(_text(key)): _under(key, item, depth) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str | bytes):
            return [redact_text(_text(value[0])), _under(value[0], value[1], depth)]
        return [_redact(item, depth + 1) for item in value]
    return redact_text(_text(value))


def _under(name: Hashable, value: Any, depth: int) -> Any:
    if is_sensitive(name) and value is not None and not isinstance(value, bool):
        return MASK
    return _redact(value, depth + 1)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "backslashreplace")
    try:
        return str(value) if isinstance(value, BaseException) else repr(value)
    except Exception as exc:  # a broken __repr__ must not lose the log line
        return f"<unprintable {type(value).__name__}: {type(exc).__name__}>"


def redact_text(text: str) -> str:
    """Return ``text`` with every credential in it replaced by a mask; the words around it stay readable."""
    folded = text.casefold()
    if not any(trigger in folded for trigger in _TRIGGERS):
        return text
    text = _HEADER_LINE.sub(_mask_header, text)
    for pattern, replacement in _FORMS:
        text = pattern.sub(replacement, text)
    text = _OWN_KEY.sub(_mask_own_key, text)
    return _NAMED_VALUE.sub(_mask_named, text)


def _mask_header(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{MASK}"


def _mask_own_key(match: re.Match[str]) -> str:
    """Keep the public part of one of our keys, where it has the form of one; mask what follows it."""
    public = _PUBLIC_ID.match(match[2])
    if public is None:
        return f"{match[1]}{MASK}"
    return match[0] if public[0] == match[2] else f"{match[1]}{public[0]}{MASK}"


def _mask_named(match: re.Match[str]) -> str:
    before = _WORD_END.search(match.string[max(0, match.start() - 60) : match.start()])
    name = (before[0] if before else "") + match["name"].rpartition(".")[2]
    value = match["quoted"] if match["open"] else match["bare"]
    if not is_sensitive(name) or value in ("", MASK, "[redacted", "None", "null", "True", "False", "true", "false"):
        return match[0]
    mark = match["open"] or ""
    return f"{match['name']}{match['link']}{mark}{MASK}{mark}"
