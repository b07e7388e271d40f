"""Secrets come out of files, and only those meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabrl.adapters.secret_files import read_secret_files


def test_a_file_stands_in_for_a_variable(tmp_path: Path) -> None:
    secret, certificate = tmp_path / "secret", tmp_path / "ca.pem"
    secret.write_text("s3cret\n")
    certificate.write_text("-----BEGIN")
    empty = tmp_path / "empty"
    empty.touch()
    environ = {
        "ANTHROPIC_API_KEY_FILE": str(empty),
        "PGPASSWORD_FILE": str(secret),
        "OPENAI_API_KEY_FILE": str(secret),
        "TABRL_DATABASE_URL_FILE": str(secret),
        "AWS_SECRET_ACCESS_KEY_FILE": str(secret),
        "AWS_SECRET_ACCESS_KEY": "set",
        "SSL_CERT_FILE": str(certificate),
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(certificate),
    }
    before = dict(environ)
    read_secret_files(environ)
    added = {name: value for name, value in environ.items() if before.get(name) != value}
    assert added == {
        "PGPASSWORD": "s3cret",
        "OPENAI_API_KEY": "s3cret",
        "TABRL_DATABASE_URL": "s3cret",
    }


def test_a_missing_file_is_named_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"PGPASSWORD_FILE: .*FileNotFoundError"):
        read_secret_files({"PGPASSWORD_FILE": str(tmp_path / "none")})
