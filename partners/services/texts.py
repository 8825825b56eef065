"""What people write about partners: checked in one place for the command, the API, the admin and the console."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.errors import InvalidRequest
from partners.constants import NAME_LENGTH

_EMAIL_LENGTH = 254
_USE_LENGTH = 2000
#: Joiners that the scripts of India need within words; no other character without a shape is taken.
_JOINERS = "\u200c\u200d"


def line_check(field: str, text: str, *, least: int = 0, most: int = NAME_LENGTH) -> str:
    """Return one line of text without blanks around it. Raises InvalidRequest, which names ``field``, for what is too
    short or too long or holds a character that is not printed: a line break, a control, a mark of direction.
    """
    line = text.strip(" \t\r\n")
    if any(not character.isprintable() and character not in _JOINERS for character in line):
        raise InvalidRequest(f"{field}: it must be one line of printable characters.")
    if not least <= len(line) <= most or (least and not line.strip(_JOINERS)):
        raise InvalidRequest(f"{field}: it must have {least} to {most} characters.")
    return line


def email_check(field: str, text: str) -> str:
    """Return an e-mail address without blanks around it, or "". Raises InvalidRequest."""
    address = text.strip(" ")
    try:
        if address:
            validate_email(address)
    except ValidationError:
        raise InvalidRequest(f"{field}: it is not an e-mail address.") from None
    if len(address) > _EMAIL_LENGTH:
        raise InvalidRequest(f"{field}: at most {_EMAIL_LENGTH} characters.")
    return address


def use_check(text: str) -> str:
    """Return what a partner means to do, in several lines. Raises InvalidRequest."""
    text = text.strip().replace("\r\n", "\n")
    if len(text) > _USE_LENGTH or any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise InvalidRequest(f"intended_use: at most {_USE_LENGTH} characters, without control characters.")
    return text


def partner_texts(fields: dict[str, object]) -> dict[str, object]:
    """Return the fields of a partner that are given, their texts checked. Raises InvalidRequest."""
    checks = {
        "name": lambda text: line_check("name", text, least=1),
        "organisation": lambda text: line_check("organisation", text),
        "contact_email": lambda text: email_check("contact_email", text),
        "intended_use": use_check,
    }
    return {name: checks[name](str(value)) if name in checks else value for name, value in fields.items()}
