"""Where a database file may stand: on a disk of this computer, never on a network share.

SQLite's write-ahead log keeps its index in shared memory, which only works where all processes are on the
same computer (https://www.sqlite.org/wal.html, "All processes using a database must be on the same host").
"""

from __future__ import annotations

import errno
import re
import sys
from pathlib import Path, PureWindowsPath

from console.errors import DiskFull, StoreLocation, StoreUnavailable

_MOUNTS = Path("/proc/self/mounts")
_NETWORK_TYPES = frozenset(
    {"afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb", "smb2"}
    | {"smb3", "smbfs"}
    | {f"fuse.{name}" for name in ("sshfs", "davfs2", "glusterfs", "ceph", "rclone", "smbnetfs", "s3fs")}
)
_WINDOWS_DRIVE_REMOTE = 4  # GetDriveTypeW


def prepare_place(file: Path) -> None:
    """Make the file's folder and refuse a place where the database would not be safe.

    Raises StoreLocation for a network share, DiskFull or StoreUnavailable where the folder cannot be made.
    """
    kind = network_kind(file)
    if kind:
        raise StoreLocation(
            f"The database {file} stands on a network share ({kind}), where SQLite can lose data.",
            "Choose a folder on a disk of this computer (setting PLANT_CONSOLE_DATA).",
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise folder_fault(file.parent, error) from error
    if file.is_dir():
        raise StoreUnavailable(f"{file} is a folder, not a database file.", "Name a file inside it.")


def folder_fault(folder: Path, error: OSError) -> StoreUnavailable:
    """The operating system's refusal in plain words."""
    if error.errno == errno.ENOSPC:
        return DiskFull(f"The disk under {folder} is full.", "Free some room; the console goes on by itself.")
    return StoreUnavailable(
        f"The folder {folder} cannot be made or used: {error.strerror}.",
        "Give this user the right to write there, or choose another folder (setting PLANT_CONSOLE_DATA).",
    )


def network_kind(file: Path, mounts: str | None = None) -> str:
    """The network file system's name, or an empty string on a local disk or where it cannot be told.

    Args:
        mounts: text in the form of /proc/self/mounts; read from there when None.
    """
    if PureWindowsPath(file).drive.startswith("\\\\"):
        return "UNC path"
    if sys.platform == "win32":
        import ctypes  # only there does it know windll

        drive = file.resolve().drive + "\\"
        remote = ctypes.windll.kernel32.GetDriveTypeW(drive) == _WINDOWS_DRIVE_REMOTE
        return "network drive" if remote else ""
    if mounts is None:
        if not _MOUNTS.exists():
            return ""
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    kind = _mounted_type(file.resolve(), mounts)
    return kind if kind in _NETWORK_TYPES else ""


def _mounted_type(file: Path, mounts: str) -> str:
    """The file system type of the deepest mount point above the file; a later mount hides an earlier."""
    best, best_depth = "", -1
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[1]))
        if file.is_relative_to(point) and len(point.parts) >= best_depth:
            best, best_depth = fields[2], len(point.parts)
    return best
