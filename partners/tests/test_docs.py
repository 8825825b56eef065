"""The documentation: for everybody, complete, and what it prints works."""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.urls import get_resolver

from core import clock
from partners.api.client_package import FOLDER
from partners.api.docs_content import ENDPOINTS, EXAMPLES, LANGUAGES
from partners.api.docs_samples import sample
from partners.constants import Environment
from partners.models import Endpoint
from partners.services.keys import key_create
from partners.services.partners import partner_create
from partners.services.secrets import endpoint_of, new_secret
from partners.tests.test_sample_answers import differences
from partners.tests.test_surface import _fresh  # noqa: F401 - fixture
from partners.webhooks.signing import headers
from tests.flows.pocket import make_universe
from tests.flows.test_object_matrix import methods_of, routes

NAMES = sorted({path.stem for path in EXAMPLES.iterdir() if path.stem != "verify"})
RUNNERS = {"sh": ["sh", "-e"], "py": [sys.executable], "mjs": ["node"]}
BODY = json.dumps({"summary": "₹ 1,00,000 और बढ़त", "score": 71.3}, ensure_ascii=False).encode()


@pytest.mark.django_db
def test_the_page_is_for_everybody_and_has_every_code(client):
    page = client.get("/api/partner/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200
    for code in ("IDEMPOTENCY_CONFLICT", "RATE_LIMITED", "DATA_UNAVAILABLE"):
        assert code in text
    for words in ("1200", "X-RateLimit-Remaining", "holdings[].qty", "webhook-signature", "5 min, 30 min, 2 h"):
        assert words in text


def test_every_endpoint_is_documented():
    prefix = "api/partner/v1/"
    there = {
        (method.upper(), "/" + path.removeprefix(prefix).replace("<int:", "{").replace("<str:", "{").replace(">", "}"))
        for path, pattern in routes(get_resolver().url_patterns)
        if path.startswith(prefix) and hasattr(pattern.callback, "cls")
        for method in methods_of(pattern)
        if method != "head"
    }
    assert {(row.method, row.path) for row in ENDPOINTS} == there


def test_every_example_is_in_every_language():
    assert {path.name for path in EXAMPLES.iterdir()} == {
        f"{name}.{ending}" for name in [*NAMES, "verify"] for _, ending, _ in LANGUAGES
    }
    assert {row.example for row in ENDPOINTS if row.example} == set(NAMES)


def test_every_header_of_a_webhook_is_described(client, signed):
    text = client.get("/api/partner/v1/docs").content.decode()
    usual = {"Content-Type", "User-Agent"}
    assert [name for name in signed[1] if name not in usual and f"<code>{name}</code>" not in text] == []


@pytest.fixture
def unpacked(client, tmp_path):
    page = client.get("/api/partner/v1/docs").content.decode()
    answer = client.get("/api/partner/v1/docs/client.tar.gz")
    assert "pip install" in page
    assert "/api/partner/v1/docs/client.tar.gz" in page
    assert answer["Content-Type"] == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert answer["Content-Disposition"] == f'attachment; filename="{folder.name}.tar.gz"'
    return folder


def test_the_client_is_offered_whole(unpacked):
    there = {path.relative_to(unpacked).as_posix(): path.read_bytes() for path in unpacked.rglob("*") if path.is_file()}
    source = FOLDER / "src"
    wanted = [path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    wanted += [FOLDER / "pyproject.toml", FOLDER / "README.md"]
    assert there == {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in wanted}


@pytest.mark.slow
def test_the_client_that_is_offered_installs(unpacked, tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    done = run([*command, "-w", str(tmp_path / "out"), str(unpacked)])
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{unpacked.name}-py3-none-any.whl"]


def run(command, text="", cwd=None, **environment):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=100, cwd=cwd, env={**os.environ, **environment}
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", RUNNERS)
def test_examples_run_as_printed(live_server, ending):
    make_universe("nifty_100")
    partner = partner_create(name="Reader", actor="test", now=clock.now()).partner
    key = key_create(partner=partner, environment=Environment.TEST, actor="test", now=clock.now()).text
    Endpoint.objects.filter(pk=endpoint_of(partner, Environment.TEST).pk).update(url="https://example.com/hook")
    for name in NAMES:
        script = str(EXAMPLES / f"{name}.{ending}")
        done = run([*RUNNERS[ending], script], TC_ROOT=f"{live_server.url}/api/partner/v1", TC_KEY=key)
        assert done.returncode == 0, (name, done.stderr)
        assert done.stdout.strip()
        if ending == "sh":
            found = json.loads(done.stdout)
            assert found["success"] is True
            (shown,) = (sample(row.anchor).text for row in ENDPOINTS if row.example == name)
            assert differences(json.loads(shown), found) == [], name


@pytest.fixture
def signed():
    secret, now = new_secret(), clock.now()
    made = headers(
        event="ping", event_id="evt_1", delivery_id=1, attempt=1, environment="live", body=BODY,
        secrets=[secret, new_secret()], at=now,
    )  # fmt: skip
    return secret, made


CHANGES = {
    "as it came": (lambda body, sent: (body, sent), (True, True)),
    "another body": (lambda body, sent: (body + b" ", sent), (False, False)),
    "cut signatures": (
        lambda body, sent: (body, sent | {"X-TC-Signature": "sha256=00", "webhook-signature": "v1,AA=="}),
        (False, False),
    ),
    "an old one": (lambda body, sent: (body, sent | {"webhook-timestamp": "1700000000"}), (True, False)),
    "a command for a time": (
        lambda body, sent: (body, sent | {"webhook-timestamp": "a[$(touch made)0]"}),
        (True, False),
    ),
    "a word for a time": (lambda body, sent: (body, sent | {"webhook-timestamp": "soon"}), (True, False)),
    "an octal time": (lambda body, sent: (body, sent | {"webhook-timestamp": "0789"}), (True, False)),
    "400 digits": (lambda body, sent: (body, sent | {"webhook-timestamp": "9" * 400}), (True, False)),
    "5000 digits": (lambda body, sent: (body, sent | {"webhook-timestamp": "9" * 5000}), (True, False)),
    "empty headers": (lambda body, sent: (body, dict.fromkeys(sent, "")), (False, False)),
    "no ASCII": (
        lambda body, sent: (
            body,
            sent
            | {
                "X-TC-Signature": sent["X-TC-Signature"][:-1] + "é",
                "webhook-id": "é",
                "webhook-signature": sent["webhook-signature"][:46] + "é",
            },
        ),
        (False, False),
    ),
}
#: What Python's and JavaScript's dictionaries may lack besides; a shell has no such thing as a missing text.
MISSING = {
    f"without {name}": (lambda body, sent, name=name: (body, {k: v for k, v in sent.items() if k != name}), expected)
    for name, expected in {
        "X-TC-Signature": (False, True), "webhook-id": (True, False), "webhook-timestamp": (True, False),
        "webhook-signature": (True, False),
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES | MISSING)
def test_verification_in_python(signed, change):
    scope: dict = {}
    exec((EXAMPLES / "verify.py").read_text(), scope)
    alter, expected = (CHANGES | MISSING)[change]
    body, sent = alter(BODY, signed[1])
    told = scope["verify_tc"](body, sent.get("X-TC-Signature"), signed[0])
    assert (told, scope["verify_standard"](body, sent, signed[0])) == expected


@pytest.mark.parametrize("change", CHANGES | MISSING)
def test_verification_in_javascript(signed, change):
    alter, expected = (CHANGES | MISSING)[change]
    body, sent = alter(BODY, signed[1])
    facts = json.dumps({"body": base64.b64encode(body).decode(), "headers": sent, "secret": signed[0]})
    script = (
        f'import {{ verifyTc, verifyStandard }} from "{(EXAMPLES / "verify.mjs").as_uri()}";\n'
        f"const {{ body, headers, secret }} = {facts}; const raw = Buffer.from(body, 'base64');\n"
        "console.log(JSON.stringify([verifyTc(raw, headers['X-TC-Signature'], secret),"
        " verifyStandard(raw, headers, secret)]));"
    )
    done = run(["node", "--input-type=module"], script)
    assert done.returncode == 0, done.stderr
    assert tuple(json.loads(done.stdout)) == expected


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("change", CHANGES)
def test_verification_in_a_shell(signed, change, shell, tmp_path: Path):
    alter, expected = CHANGES[change]
    body, sent = alter(BODY, signed[1])
    (tmp_path / "body.json").write_bytes(body)
    script = (EXAMPLES / "verify.sh").read_text()
    script += "\nverify_tc && echo yes || echo no\nverify_standard && echo yes || echo no\n"
    done = run(
        [shell], script, cwd=tmp_path, WEBHOOK_SECRET=signed[0], TC_SIGNATURE=sent["X-TC-Signature"],
        WEBHOOK_ID=sent["webhook-id"], WEBHOOK_TIMESTAMP=sent["webhook-timestamp"],
        WEBHOOK_SIGNATURE=sent["webhook-signature"],
    )  # fmt: skip
    assert tuple(line == "yes" for line in done.stdout.split()) == expected, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["body.json"], "the sender's text was run"


def test_support_has_an_address_where_one_is_set(client, settings):
    settings.SUPPORT_EMAIL = "partners@example.com"
    assert 'href="mailto:partners@example.com"' in client.get("/api/partner/v1/docs").content.decode()
    settings.SUPPORT_EMAIL = ""
    assert "ask whoever runs this platform" in client.get("/api/partner/v1/docs").content.decode()
