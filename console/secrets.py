"""Turns a reference from the plant file into the secret it points to.

    env:NAME               an environment variable, for services
    file:/path             the first line of a file that only its owner and group may read, for services
    keyring:service/name   the operating system's keyring, for desktops

No message of this module holds a secret, and no reference that might be one.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from console.errors import ConfigurationError, SecretMissing

_EVERYBODY = stat.S_IROTH | stat.S_IWOTH


def resolve(reference: str) -> str:
    """The secret that ``reference`` points to; never empty.

    Raises SecretMissing where it is not to be had, ConfigurationError for what is no reference and for a file
    that everybody may read.
    """
    kind, _, place = reference.partition(":")
    if place:
        match kind:
            case "env":
                return _from_environment(place)
            case "file":
                return _from_file(Path(place).expanduser())
            case "keyring":
                service, _, name = place.partition("/")
                if service and name:
                    return _from_keyring(service, name)
    raise ConfigurationError(
        "A secret is not given as a reference (what stands there is not shown).",
        "Write keyring:<service>/<name>, env:<VARIABLE> or file:<path> in the plant file.",
    )


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SecretMissing(
            f"The environment variable {name}, which should hold a secret, is not set.",
            "Set it for this process, for a service in its unit's environment file.",
        )
    return value


def _from_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            # asked of the open file: the one that is checked is the one that is read
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & _EVERYBODY:
                raise ConfigurationError(
                    f"The secret file {path} may be read or written by everybody on this computer.",
                    f"Run: chmod 600 {path} - and replace the secret if others use this computer.",
                )
            lines = file.read().splitlines()
    except UnicodeDecodeError as error:
        # the error's own text would show some of the content
        raise SecretMissing(f"The secret file {path} is not UTF-8 text.", "Write the secret anew.") from error
    except OSError as error:
        raise SecretMissing(
            f"The secret file {path} cannot be read: {error.strerror}.",
            "Create it with the secret as its only line, readable by this user only.",
        ) from error
    if not lines or not lines[0].strip():
        raise SecretMissing(f"The secret file {path} is empty.", "Write the secret as its only line.")
    return lines[0].strip()


def _from_keyring(service: str, name: str) -> str:
    # looks for back ends over D-Bus when imported, so only where one is asked for
    import keyring
    from keyring.errors import KeyringError

    where = f"the keyring of this user (service {service}, name {name})"
    try:
        value = keyring.get_password(service, name)
    except KeyringError as error:
        raise SecretMissing(
            f"A secret cannot be read from {where}: {type(error).__name__}.",
            "Unlock the keyring. A service has none: give it env:<VARIABLE> or file:<path>.",
        ) from error
    if not value:
        raise SecretMissing(f"There is no secret in {where}.", f"Run: keyring set {service} {name}")
    return value
