"""Names and addresses of partners, whichever way they come in."""

import pytest
from django.core.management import CommandError, call_command

from core import clock
from core.errors import InvalidRequest
from partners.models import ApiKey, Partner
from partners.services.keys import key_create
from partners.services.partners import partner_change, partner_create

pytestmark = pytest.mark.django_db

BAD_NAMES = ["", "   ", "a\nb", "a\r\nBcc: x@y.in", "a\x00b", "x" * 81, "\u202eemca", "a\u2028b", "\u200d", "\ud800"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidRequest, match="name: "):
        partner_create(name=name, actor="test", now=clock.now())
    assert not Partner.objects.exists()


@pytest.mark.parametrize("name", ["A", "x" * 80, "  Acme  ", "क्षेत्र‍ Capital", "O'Neill & Søn <b>"])
def test_a_name_is_kept_without_the_blanks_around_it(name):
    partner = partner_create(name=name, actor="test", now=clock.now()).partner
    assert partner.name == name.strip()
    changed = partner_change(partner=partner, actor="test", now=clock.now(), name=f" {name.strip()[:79]}2 ")
    assert changed.name == f"{name.strip()[:79]}2"


@pytest.mark.parametrize(
    "fields",
    [
        {"organisation": "a\tb"}, {"organisation": "x" * 81}, {"contact_email": "nobody"}, {"intended_use": "x" * 2001},
        {"contact_email": "a@b.in\nBcc: c@d.in"}, {"contact_email": f"{'a' * 64}@{'b.' * 100}in"},
        {"intended_use": "a\x00b"},
    ],
)  # fmt: skip
def test_the_other_texts_are_checked_too(fields):
    (field,) = fields
    with pytest.raises(InvalidRequest, match=f"{field}: "):
        partner_create(name="Acme", actor="test", now=clock.now(), **fields)
    partner = partner_create(name="Acme", actor="test", now=clock.now()).partner
    with pytest.raises(InvalidRequest, match=f"{field}: "):
        partner_change(partner=partner, actor="test", now=clock.now(), **fields)


@pytest.mark.parametrize("arguments", [[""], ["a\r\nb"], ["x" * 200], ["Acme", "--contact-email", "nobody"]])
def test_the_command_says_what_is_wrong(arguments):
    with pytest.raises(CommandError, match=r"name: |contact_email: "):
        call_command("create_partner", *arguments)
    assert not Partner.objects.exists()


def test_a_label_is_one_line():
    partner = partner_create(name="Acme", actor="test", now=clock.now()).partner
    for label in ("a\nb", "x" * 61):
        with pytest.raises(InvalidRequest, match="label: "):
            key_create(partner=partner, environment="live", actor="test", now=clock.now(), label=label)
    assert ApiKey.objects.count() == 1
