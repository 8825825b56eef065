"""What is documented is there, and what is there is documented."""

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from core.errors import Code
from tradeplatform.config import Config

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    missing = [name.upper() for name in Config.model_fields if f"`{name.upper()}`" not in text]
    assert not missing


def test_every_documented_setting_exists() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.M))
    assert named == {name.upper() for name in Config.model_fields}


def test_every_error_code_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert [str(code) for code in Code if f"`{code}`" not in text] == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_links_in_documents_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text()):
            broken += [] if (page.parent / target).exists() else [f"{page.relative_to(ROOT)}: {target}"]
    assert not broken


def test_the_project_speaks_of_itself_alone() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    here = re.compile(r"/(?:work|root|home)/[a-z]+/|/tmp/[a-z]+/")
    found = []
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".ts", ".html", ".css", ".sh", ".toml", ".json", ""} and path.is_file():
            if name == "tests/architecture/test_documents.py":
                continue
            if here.search(path.read_text(errors="ignore")):
                found.append(name)
    assert not found
