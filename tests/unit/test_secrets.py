"""Secrets: found where the reference says, and shown by no message."""

from __future__ import annotations

import os
from pathlib import Path

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from console.errors import ConfigurationError, SecretMissing
from console.secrets import resolve


class MemoryKeyring(KeyringBackend):
    """A keyring that forgets."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("hunter2")


@pytest.fixture
def use_keyring() -> object:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOO_KEY", "hunter2")
    assert resolve("env:ODOO_KEY") == "hunter2"
    monkeypatch.setenv("ODOO_KEY", "")
    with pytest.raises(SecretMissing, match="ODOO_KEY"):
        resolve("env:ODOO_KEY")


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("hunter2\n")
    path.chmod(0o600)
    assert resolve(f"file:{path}") == "hunter2"


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644])
def test_a_file_that_everybody_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text("hunter2")
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="everybody") as caught:
        resolve(f"file:{path}")
    assert "chmod 600" in caught.value.remedy
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \nhunter2"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SecretMissing, match="is empty"):
        resolve(f"file:{path}")


def test_a_file_that_is_not_text_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(SecretMissing, match="cannot be read"):
        resolve(f"file:{path}")
    path.write_bytes(b"hunter2\xff")
    path.chmod(0o600)
    with pytest.raises(SecretMissing, match="not UTF-8") as caught:
        resolve(f"file:{path}")
    assert "hunter2" not in str(caught.value)


def test_keyring(use_keyring: object) -> None:
    backend = MemoryKeyring()
    use_keyring(backend)  # type: ignore[operator]
    with pytest.raises(SecretMissing) as caught:
        resolve("keyring:plant-console/odoo")
    assert caught.value.remedy == "Run: keyring set plant-console odoo"
    backend.set_password("plant-console", "odoo", "hunter2")
    assert resolve("keyring:plant-console/odoo") == "hunter2"


def test_a_keyring_that_does_not_open(use_keyring: object) -> None:
    use_keyring(LockedKeyring())  # type: ignore[operator]
    with pytest.raises(SecretMissing, match="KeyringLocked") as caught:
        resolve("keyring:plant-console/odoo")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("literal", ["hunter2", "", "env:", "keyring:hunter2", "http://hunter2"])
def test_a_literal_is_refused_and_not_repeated(literal: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(literal)
    assert "hunter2" not in str(caught.value)
