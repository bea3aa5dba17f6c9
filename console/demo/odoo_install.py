"""Installs what the Odoo sandbox runs on into a cache folder, once: Odoo 19, its Python, a template database.

Everything comes from the places that this machine's apt and pip are configured for; no address stands here.
The Odoo package is verified by apt against Debian's archive keyring, Python packages by their hashes.
The layout of the cache folder::

    odoo-sandbox/
        lock                 shared while copied from, exclusive while installed into
        19-<key>/            one installation; key = everything it was made from
            server/          the unpacked Debian package
            venv/            its Python packages
            addons/          OCA quality control
            template/pg      database cluster with template_odoo and template_base, shut down cleanly
            template/data    the file store that belongs to it
            installed.json   written last: without it the folder is a half-made one and is made anew
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from console.demo.odoo_processes import DATABASE_USER, LOOPBACK, Cluster, Postgres, SandboxError, tail

Log = Callable[[str], None]

LOCK_FILE = Path(__file__).with_name("odoo_requirements.lock")
QUALITY_ADDON = "odoo-addon-quality-control-oca==19.0.1.0.0.8"
QUALITY_HASH = "sha256:176c35e42bb7a6c8c721185a186c62cc4a0ac405efbc03e5b10ff28d10dfa06a"
MODULES = "mrp,maintenance,quality_control_oca"
TEMPLATE = "template_odoo"
TEMPLATE_BASE = "template_base"
KEYRINGS = tuple(Path(f"/usr/share/keyrings/debian-archive-keyring.{end}") for end in ("gpg", "pgp"))
MIRROR_VARIABLE = "PLANT_CONSOLE_DEBIAN_MIRROR"
CACHE_VARIABLE = "PLANT_CONSOLE_CACHE"
LAYOUT = 2


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed sandbox.

    Attributes:
        root: its folder in the cache.
        lock: lock file; held shared while its files are copied.
        postgres: the database programs.
        database_password: of the template cluster's only role.
        odoo_version: of the Debian package.
    """

    root: Path
    lock: Path
    postgres: Postgres
    database_password: str
    odoo_version: str

    @property
    def template(self) -> Path:
        return self.root / "template"

    def odoo_command(self, *arguments: str) -> list[str]:
        """The command line that runs Odoo."""
        # the package's own script, not "-m odoo": Odoo starts its helpers by the name it was called by
        return [str(self.root / "venv/bin/python"), str(self.root / "server/usr/bin/odoo"), *arguments]

    def odoo_environment(self) -> dict[str, str]:
        """Only what Odoo needs: settings of the caller must not leak into it."""
        packages = self.root / "server/usr/lib/python3/dist-packages"
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "TMPDIR"}}
        return {**kept, "PYTHONPATH": str(packages), "TZ": "UTC", "PYTHONUNBUFFERED": "1"}


def cache_folder() -> Path:
    """Where installations are kept; PLANT_CONSOLE_CACHE moves it."""
    base = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("plant-console")
    return Path(base).expanduser().absolute() / "odoo-sandbox"


def prepare(log: Log = lambda _: None) -> Installation:
    """Install what is missing; takes minutes the first time and no time afterwards.

    Safe when several programs call it at once: one installs, the others wait.

    Raises:
        SandboxError: something is missing that only a person can provide; says what.
    """
    if sys.platform != "linux":
        raise SandboxError("The Odoo sandbox needs Linux.", "Use an Odoo 19 server of your own instead.")
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    lock = cache / "lock"
    postgres = find_postgres(log)
    python = _find_python()
    root = cache / f"19-{_key(python, postgres)}"
    with locked(lock, shared=True):
        found = _read_stamp(root, lock, postgres)
    if found:
        return found
    with locked(lock, shared=False):
        found = _read_stamp(root, lock, postgres)  # another caller may have been first
        return found or _install(root, lock, python, postgres, log)


@contextlib.contextmanager
def locked(path: Path, *, shared: bool) -> Iterator[None]:
    """Hold the cache's file lock; the kernel gives it back if we are killed."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def _key(python: str, postgres: Postgres) -> str:
    major = postgres.bin.parent.name
    made_from = (LOCK_FILE.read_bytes(), QUALITY_HASH, MODULES, python, major, LAYOUT)
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:10]


def _read_stamp(root: Path, lock: Path, postgres: Postgres) -> Installation | None:
    try:
        stamp = json.loads((root / "installed.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Installation(root, lock, postgres, stamp["database_password"], stamp["odoo_version"])


def _install(root: Path, lock: Path, python: str, postgres: Postgres, log: Log) -> Installation:
    started = time.monotonic()
    if root.exists():
        log("An earlier installation of the Odoo sandbox was not finished; it is made anew.")
        shutil.rmtree(root)
    root.mkdir(mode=0o700)
    version = _install_server(root, log)
    _install_python(root, python, log)
    made = Installation(root, lock, postgres, secrets.token_urlsafe(18), version)
    _build_template(made, log)
    stamp = {"database_password": made.database_password, "odoo_version": version}
    half = root / "installed.json.part"
    half.touch(mode=0o600)
    half.write_text(json.dumps(stamp))
    half.rename(root / "installed.json")
    log(f"Odoo {version} is installed in {root} ({time.monotonic() - started:.0f} s).")
    return made


def _run(command: Sequence[str], what: str, remedy: str, env: Mapping[str, str] | None = None) -> str:
    # a caller's PYTHONPATH would make pip think that packages are there already
    plain = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command,
        env=plain if env is None else env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise SandboxError(f"{what} failed:\n{words}\n", remedy)
    return done.stdout


# ---------------------------------------------------------------- PostgreSQL


def find_postgres(log: Log) -> Postgres:
    """The newest PostgreSQL server of this machine; installed with apt where none is and we may."""
    folder = _newest_postgres()
    if folder is None:
        _install_postgres(log)
        folder = _newest_postgres()
    if folder is None:
        raise SandboxError(
            "PostgreSQL's server programs are not on this machine.",
            "Install the package 'postgresql' (apt-get install postgresql), then try again.",
        )
    return Postgres(folder, _database_account() if os.geteuid() == 0 else None)


def _newest_postgres() -> Path | None:
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((p.parent for p in found), key=lambda p: float(p.parent.name), default=None)


def _database_account() -> str:
    # PostgreSQL refuses to run as root
    accounts = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return "postgres" if "postgres" in accounts else "nobody"


def _install_postgres(log: Log) -> None:
    remedy = "Install the package 'postgresql' (apt-get install postgresql), then try again."
    if not shutil.which("apt-get"):
        raise SandboxError("PostgreSQL is not installed and there is no apt-get here.", remedy)
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if not sudo or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode:
            raise SandboxError(
                "PostgreSQL is not installed, and installing it takes a right we lack.", remedy
            )
        prefix = [sudo, "-n"]
    log("Installing PostgreSQL with apt ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run([*prefix, "apt-get", "-qq", "update"], "apt-get update", remedy, environment)
    install = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", "postgresql"]
    _run([*prefix, *install], "Installing PostgreSQL", remedy, environment)


# ---------------------------------------------------------------- the Odoo server


def find_mirror() -> str:
    """The Debian mirror of this machine: what its apt is configured for, or PLANT_CONSOLE_DEBIAN_MIRROR."""
    told = os.environ.get(MIRROR_VARIABLE, "").strip()
    if told:
        return told.rstrip("/")
    listing = _run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)|$(COMPONENT)", "Created-By: Packages"],
        "Reading apt's configuration",
        f"Set {MIRROR_VARIABLE} to the address of a Debian mirror.",
    )
    for line in listing.splitlines():
        address, _, component = line.rstrip("/").partition("|")
        address = address.rstrip("/")
        # the main archive ends in /debian everywhere; security and backports do not hold 'unstable'
        if component == "main" and address.rsplit("/", 1)[-1] == "debian":
            return address
    raise SandboxError(
        "This machine's apt knows no Debian mirror to take Odoo from.",
        f"Set {MIRROR_VARIABLE} to the address of a Debian mirror, including its /debian.",
    )


def _install_server(root: Path, log: Log) -> str:
    """Download and unpack the Odoo package with an apt configuration of its own; returns its version."""
    keyring = next((k for k in KEYRINGS if k.exists()), None)
    if keyring is None:
        raise SandboxError(
            "The keys of the Debian archive are not on this machine.",
            "Install the package 'debian-archive-keyring', then try again.",
        )
    mirror = find_mirror()
    log("Downloading Odoo 19 (about 125 MB) ...")
    work = root / "apt"
    for folder in ("lists/partial", "cache/archives/partial", "none"):
        (work / folder).mkdir(parents=True)
    (work / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror} unstable main\n")
    (work / "status").touch()
    options = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": work / "none",
        "Dir::Etc::preferencesparts": work / "none",
        "Dir::Etc::preferences": work / "none/none",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",  # the cache folder may be closed to apt's own user
        "Acquire::Languages": "none",
        # a frozen or slow mirror serves an old list: the signature counts here, not the age
        "Acquire::Check-Valid-Until": "false",
    }
    apt = ["apt-get", "-qq", *(part for k, v in options.items() for part in ("-o", f"{k}={v}"))]
    remedy = f"Check the network, or set {MIRROR_VARIABLE} to a Debian mirror that can be reached."
    _run([*apt, "update"], "Asking the Debian mirror for its list", remedy)
    with contextlib.chdir(work):
        _run([*apt, "download", "odoo-19"], "Downloading Odoo 19", remedy)
    package = next(work.glob("odoo-19_*.deb"))
    log("Unpacking Odoo 19 ...")
    _unpack(package, root / "server")
    version = _run(["dpkg-deb", "-f", str(package), "Version"], "Reading the package", "").strip()
    shutil.rmtree(work)
    return version


def _unpack(package: Path, target: Path) -> None:
    target.mkdir()
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as source:
        unpack = ["tar", "-x", "--no-same-owner", "-C", str(target)]
        unpacked = subprocess.run(unpack, stdin=source.stdout, check=False)
    if source.returncode or unpacked.returncode:
        raise SandboxError("The Odoo package could not be unpacked.", "Check the free disk space.")


# ---------------------------------------------------------------- its Python packages


def _find_python() -> str:
    """A Python that Odoo 19 runs on: this one, or one of the neighbours on the path."""
    if sys.version_info[:2] in {(3, 11), (3, 12)}:
        return sys.executable
    found = next(filter(None, map(shutil.which, ("python3.12", "python3.11"))), None)
    if not found:
        raise SandboxError("The Odoo sandbox needs Python 3.11 or 3.12.", "Install one beside this Python.")
    return found


def _install_python(root: Path, python: str, log: Log) -> None:
    log("Installing Odoo's Python packages ...")
    remedy = "Check the network and pip's configuration, then try again."
    venv_remedy = "On Debian and Ubuntu install the package 'python3-venv', then try again."
    _run([python, "-m", "venv", str(root / "venv")], "Making a Python environment", venv_remedy)
    pip = [str(root / "venv/bin/python"), "-m", "pip", "--quiet", "--no-input"]
    _run([*pip, "install", "--require-hashes", "-r", str(LOCK_FILE)], "Installing Odoo's packages", remedy)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "addon.txt"
        wanted.write_text(f"{QUALITY_ADDON} --hash={QUALITY_HASH}\n")
        fetch = ["download", "--no-deps", "--require-hashes", "-d", folder, "-r", str(wanted)]
        _run([*pip, *fetch], "Downloading the quality module", remedy)
        inside = "odoo/addons/"
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            members = [n for n in wheel.namelist() if n.startswith(inside)]
            wheel.extractall(folder, members)
        shutil.move(Path(folder) / inside, root / "addons")


# ---------------------------------------------------------------- the template databases


def write_odoo_config(
    made: Installation, path: Path, data: Path, cluster: Cluster, extra: Mapping[str, str]
) -> None:
    """Write an odoo.conf, readable by its owner only since it holds the database password."""
    server = made.root / "server/usr/lib/python3/dist-packages"
    settings = {
        "addons_path": f"{server / 'odoo/addons'},{made.root / 'addons'}",
        "data_dir": str(data),
        "db_host": LOOPBACK,
        "db_port": str(cluster.port),
        "db_user": DATABASE_USER,
        "db_password": made.database_password,
        "admin_passwd": secrets.token_urlsafe(18),
        "http_interface": LOOPBACK,
        "max_cron_threads": "0",
        "smtp_server": LOOPBACK,
        "smtp_port": "9",  # discard: a sandbox sends no mail
        **extra,
    }
    path.touch(mode=0o600)
    path.write_text("[options]\n" + "".join(f"{k} = {v}\n" for k, v in settings.items()))


def _build_template(made: Installation, log: Log) -> None:
    """Make the cluster in a place that the database user can enter, then keep it in the cache."""
    log("Building the template database (under a minute) ...")
    work = Path(tempfile.mkdtemp(prefix="plant-console-odoo-"))
    try:
        work.chmod(0o711)
        made.postgres.init(work / "pg", made.database_password)
        cluster = Cluster(made.postgres, work / "pg", made.database_password, work / "pg.log", remove=work)
        try:
            write_odoo_config(made, work / "odoo.conf", work / "data", cluster, {})
            _init_database(made, work, TEMPLATE_BASE, "base")
            cluster.copy_database(TEMPLATE_BASE, TEMPLATE)
            copy_filestore(work / "data", TEMPLATE_BASE, TEMPLATE)
            _init_database(made, work, TEMPLATE, MODULES)
            cluster.sql("vacuum analyze", TEMPLATE)
            cluster.sql("checkpoint")
        finally:
            cluster.process.stop()
        made.template.mkdir(mode=0o700)
        copy_tree(work / "pg", made.template / "pg")
        copy_tree(work / "data", made.template / "data")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _init_database(made: Installation, work: Path, database: str, modules: str) -> None:
    log = work / "init.log"
    arguments = ["-c", str(work / "odoo.conf"), "-d", database, "-i", modules, "--without-demo", "1"]
    command = made.odoo_command(*arguments, "--stop-after-init", "--no-http", "--logfile", str(log))
    try:
        _run(command, f"Initialising Odoo ({modules})", "", made.odoo_environment())
    except SandboxError as error:
        raise SandboxError(f"{error.what}\n{tail(log)}") from None
    # with a module missing, Odoo only logs it, and then loads itself anew before every single request
    if any(word in log.read_text() for word in (" ERROR ", " CRITICAL ")):
        raise SandboxError(f"Odoo could not be initialised:\n{tail(log)}")


def copy_filestore(data: Path, source: str, name: str) -> None:
    """Give a copied database its attachments."""
    if (data / "filestore" / source).exists():
        copy_tree(data / "filestore" / source, data / "filestore" / name)


def copy_tree(source: Path, target: Path) -> None:
    """Copy with owners and rights, sharing blocks where the file system can."""
    _run(
        ["cp", "-a", "--reflink=auto", str(source), str(target)],
        f"Copying {source.name}",
        "Check the free disk space.",
    )
