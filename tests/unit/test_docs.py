"""The documents say what the code does: links lead somewhere, verbs and variables exist, licences are listed.
And nothing in the repository names the place where it was made."""

from __future__ import annotations

import argparse
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import create_autospec

import pytest
from sqlalchemy import create_engine

from console import settings
from console.cli import build_parser
from console.demo.summary_records import SHOWN
from console.domain.alarms import AlarmState
from console.domain.holds import HoldState, Scope
from console.domain.limits import RUN_RULES
from console.domain.master_data import Order, OrderState
from console.domain.order_life import CloseFacts, judge_close
from console.domain.people import PERMISSIONS, Permission, Role
from console.domain.policies import Mode
from console.domain.postings import PostingState
from console.domain.records import PostingKind
from console.domain.stops import StopCategory
from console.domain.validate import RULES
from console.odoo.recipes.registry import RECIPES
from console.plant_file import load_plant
from console.services.followers import followers, tenders
from console.store.telemetry import Telemetry

ROOT = Path(__file__).parents[2]
DOCS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "installers").rglob("*.md")],
    key=lambda file: file.relative_to(ROOT).as_posix(),
)
NAMES = [file.relative_to(ROOT).as_posix() for file in DOCS]

# the rules of closing an order, by asking them
CLOSE_RULES = [
    v.rule
    for v in judge_close(
        CloseFacts(
            Order(1, "WH/MO/00001", OrderState.PROGRESS, 1, 1, 10.0), 1, 1, 0, 0, 0, False, False, (), (), ()
        )
    )
]

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(r"(?<![\w./-])(?:[\w./-]*/)?plant-console((?:[ ]+[^\s`|#;,()]+)*)")
_VARIABLE = re.compile(r"\bPLANT_CONSOLE_[A-Z_]*[A-Z]\b")


def tracked() -> list[Path]:
    """Every file under version control; without git, nothing can be said."""
    try:
        answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git clone")
    return [ROOT / name for name in answer.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


# --- links ------------------------------------------------------------------------------------------------


def anchors(file: Path) -> set[str]:
    """The names that a document's headings can be linked by."""
    text = _FENCE.sub("", file.read_text(encoding="utf-8"))
    found = re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def dead_links(file: Path, text: str) -> list[str]:
    """Relative links of a document's text that lead nowhere."""
    dead = []
    for link in _LINK.findall(_FENCE.sub("", text)):
        if "://" in link or link.startswith("mailto:"):
            continue
        place, _, anchor = link.partition("#")
        target = (file.parent / place).resolve() if place else file
        inside = target.is_relative_to(ROOT) and target.exists()
        if not inside or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("file", DOCS, ids=NAMES)
def test_every_link_leads_somewhere(file: Path) -> None:
    assert dead_links(file, file.read_text(encoding="utf-8")) == []


def test_dead_links_are_found() -> None:
    text = "[a](README.md) [b](nothing.md) ![c](docs/screens/none.png) [d](docs/index.md#decisions) [e](#no)"
    assert dead_links(ROOT / "README.md", text) == ["nothing.md", "docs/screens/none.png", "#no"]


def test_every_document_is_reached_from_the_contents() -> None:
    seen, to_read = set(), [ROOT / "README.md"]
    while to_read:
        file = to_read.pop()
        if file in seen or file.suffix != ".md":
            continue
        seen.add(file)
        for link in _LINK.findall(file.read_text(encoding="utf-8")):
            target = (file.parent / link.partition("#")[0]).resolve()
            if "://" not in link and target.is_file():
                to_read.append(target)
    assert [name for file, name in zip(DOCS, NAMES, strict=True) if file not in seen] == []


# --- the command line -------------------------------------------------------------------------------------


def commands(text: str) -> Iterator[list[str]]:
    """The words behind each ``plant-console`` in code: in backticks, in fences and in indented lines."""
    fenced = [line for block in _FENCE.findall(text) for line in block.splitlines()]
    indented = [line for line in text.splitlines() if line.startswith("    ")]
    for code in [*_CODE.findall(_FENCE.sub("", text)), *fenced, *indented]:
        for found in _COMMAND.findall(code):
            if not found.strip().startswith("/"):  # a folder of this name that is copied somewhere
                yield found.split()


def fault(words: list[str]) -> str:
    """Why the command line does not know these words; empty where it does."""
    parser: argparse.ArgumentParser = build_parser()
    while words:
        word = words.pop(0)
        verbs = next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
        if word.startswith("-"):
            option = next((a for a in parser._actions if word in a.option_strings), None)
            if option is None:
                return f"{word} is no option of {parser.prog}"
            if option.nargs is None and words:
                words.pop(0)
        elif verbs is not None:
            if word not in verbs.choices:
                return f"{word} is no verb of {parser.prog}"
            parser = verbs.choices[word]
        elif not any(not a.option_strings for a in parser._actions):
            return f"{parser.prog} takes no {word}"
        else:
            return ""  # a positional; what follows is its business
    return ""


@pytest.mark.parametrize("file", DOCS, ids=NAMES)
def test_every_command_exists(file: Path) -> None:
    # "..." and keyring's own commands (its service is named plant-console) are no words of ours
    told = [w for w in commands(file.read_text(encoding="utf-8")) if not {"...", "odoo"} & set(w)]
    assert [f"{' '.join(w)}: {fault(list(w))}" for w in told if fault(list(w))] == []


@pytest.mark.parametrize(
    ("words", "well"),
    [
        ("orders list --json", True),
        ("--plant x.toml check --seconds 30", True),
        ("trace WH/MO/00001", True),
        ("config check FILE", True),
        ("orders", True),
        ("orders show", False),
        ("postings list", False),
        ("check --fast", False),
        ("edge now", False),
    ],
)
def test_unknown_commands_are_found(words: str, well: bool) -> None:
    assert (fault(words.split()) == "") is well


def verbs(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every verb that does something, with its parser."""
    below = next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
    if below is None:
        yield before.strip(), parser
        return
    for name, one in below.choices.items():
        yield from verbs(one, f"{before} {name}")


def test_readme_lists_every_verb_and_which_speak_json() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    for verb, parser in verbs(build_parser()):
        row = next((r for r in rows if re.search(rf"`plant-console {re.escape(verb)}\b", r)), None)
        assert row is not None, verb
        speaks = any("--json" in a.option_strings for a in parser._actions)
        assert row.rstrip(" |").endswith("yes") is speaks, verb


# --- variables, words, examples ---------------------------------------------------------------------------


def known_variables() -> set[str]:
    return {*settings._variables(), *settings._ELSEWHERE}


@pytest.mark.parametrize("file", DOCS, ids=NAMES)
def test_every_variable_exists(file: Path) -> None:
    told = set(_VARIABLE.findall(file.read_text(encoding="utf-8")))
    assert told - known_variables() == set()


def test_the_shipped_units_name_variables_that_exist() -> None:
    for unit in (ROOT / "installers" / "systemd").iterdir():
        text = unit.read_text(encoding="utf-8")
        assert set(_VARIABLE.findall(text)) <= known_variables(), unit.name
        started = re.findall(r"^ExecStart=\S+/plant-console (.+)$", text, re.MULTILINE)
        assert [fault(words.split()) for words in started if fault(words.split())] == [], unit.name


def toml_blocks() -> list[tuple[str, str]]:
    return [
        (f"{name}-{number}", block)
        for file, name in zip(DOCS, NAMES, strict=True)
        for number, block in enumerate(
            re.findall(r"^```toml\n(.*?)^```", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        )
    ]


@pytest.mark.parametrize("block", [b for _, b in toml_blocks()], ids=[n for n, _ in toml_blocks()])
def test_every_plant_file_in_the_documents_can_be_used(block: str, tmp_path: Path) -> None:
    file = tmp_path / "plant.toml"
    file.write_text(block, encoding="utf-8")
    assert load_plant(file).machines


def test_glossary_has_every_posting_state() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for state in PostingState:
        assert f"| {state.value.replace('_', ' ')} |" in text


def test_number_of_rules_is_told_right() -> None:
    for name in ("docs/architecture.md", "CHANGELOG.md"):
        told = re.findall(r"(\d+) rules", (ROOT / name).read_text(encoding="utf-8"))
        assert set(told) == {str(len(RULES))}, name


def test_followers_and_tenders_are_told_right() -> None:
    text = sections("docs/architecture.md")["What is no count"]
    ledger, plant = create_engine("sqlite://"), load_plant(ROOT / "resources" / "examples" / "plant.toml")
    telemetry = create_autospec(Telemetry, instance=True)
    told = dict(re.findall(r"^\| `(Tend\w+)` \| (\d+) s \|", text, re.MULTILINE))
    assert told == {type(t).__name__: f"{t.every_s:g}" for t in tenders(ledger, telemetry, plant)}
    told_followers = re.findall(r"^\| `(Follow\w+)` \|", text, re.MULTILINE)
    assert told_followers == [type(f).__name__ for f in followers(plant)]


def test_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    there = [file.relative_to(ROOT).as_posix() for file in (ROOT / "console").rglob("*.py")]
    named = {word for code in _CODE.findall(text) for word in re.findall(r"[\w/]+\.py\b", code)}
    assert {name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in there)} == set()


def test_roles_are_told_right() -> None:
    rows = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    head = next(r for r in rows if r.startswith("| may |"))
    assert [cell.strip() for cell in head.strip("|").split("|")][1:] == [r.value for r in Role]
    for permission in Permission:
        row = next(r for r in rows if r.startswith(f"| {permission.value} |"))
        told = [cell.strip() == "yes" for cell in row.strip().strip("|").split("|")[1:]]
        assert told == [permission in PERMISSIONS[role] for role in Role], permission


def sections(name: str) -> dict[str, str]:
    """A document's text below each heading of the second level."""
    parts = re.split(r"^## +(.+?)\s*$", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_posting_kind_has_its_recipe_told() -> None:
    """Each kind stands in the table of docs/odoo.md, with the module that books it and a section there."""
    told = sections("docs/odoo.md")
    rows = re.findall(
        r"^\| ([a-z]+) \| `(\w+)\.py` \| \[[^]]+\]\(#([\w-]+)\) \|", told["Kinds"], re.MULTILINE
    )
    assert {kind for kind, _, _ in rows} == {k.value for k in PostingKind}
    for kind, module, anchor in rows:
        if kind != PostingKind.PRODUCTION.value:
            assert RECIPES[PostingKind(kind)].__name__ == f"console.odoo.recipes.{module}"  # type: ignore[attr-defined]
        assert anchor in anchors(ROOT / "docs" / "odoo.md")


def test_what_refused_postings_of_each_kind_mean_is_told() -> None:
    text = sections("docs/operations.md")["Refused postings"]
    told = re.findall(r"^\| \*\*([a-z]+)\*\*", text, re.MULTILINE)
    assert sorted(told) == sorted(k.value for k in PostingKind)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("docs/quality.md", RUN_RULES),
        ("docs/plant-file.md", RUN_RULES),
        ("docs/quality.md", [s.value for s in HoldState]),
        ("docs/quality.md", [s.value for s in Scope]),
        ("docs/alarms.md", [s.value for s in AlarmState]),
        ("docs/oee.md", [c.value.replace("_", " ") for c in StopCategory]),
        ("docs/odoo.md", CLOSE_RULES),
        ("docs/security.md", [m.value for m in Mode]),
        ("docs/glossary.md", [s.value for s in HoldState]),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_every_word_has_its_row(name: str, words: Iterable[str]) -> None:
    """A state, rule or scope stands in a table of the page that explains it."""
    cells = {
        word.strip("`* ")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
        for cell in line.strip("|").split("|")
        for word in [*re.split(r"[,(]", cell), *_CODE.findall(cell)]
    }
    assert set(words) - cells == set()


def test_the_tours_kinds_are_told_right() -> None:
    """README says which kind of posting a tour does not show."""
    assert {k.value for k in PostingKind} - SHOWN == {"operation"}
    assert "every kind but the start of operations" in (ROOT / "README.md").read_text(encoding="utf-8")


def _security() -> str:
    return (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_version_has_its_place_in_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert f"## [{project['version']}]" in text


def test_every_locked_package_has_its_licence_told() -> None:
    lock = (ROOT / "installers" / "lock" / "app.txt").read_text(encoding="utf-8")
    locked = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| ([a-z0-9._-]+) \| (.+?) \|$", text, re.MULTILINE))
    assert locked - listed.keys() == set()
    assert listed.keys() - locked - {"package", "asyncua", "certifi"} == set()
    gpl_only = {n: x for n, x in listed.items() if "GPL" in x.upper() and "LGPL" not in x.upper()}
    assert gpl_only == {}


# --- where it was made ------------------------------------------------------------------------------------


@cache
def forbidden() -> re.Pattern[str]:
    """Hosts that packages come from, and folders of one computer. Put together here, so that this file may be
    searched too."""
    dot = r"\."
    hosts = [
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("ftp", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("security", "ubuntu", "com"),
        ("ports", "ubuntu", "com"),
        ("nightly", "odoo", "com"),
        ("wheelhouse", "odoo-community", "org"),
        ("proxy", "golang", "org"),
        ("registry-1", "docker", "io"),
        ("ghcr", "io"),
    ]
    words = [dot.join(re.escape(part) for part in host) for host in hosts]
    words += ["--" + "(?:extra-)?index-url[ =]" + "(?:http|file)", '"' + 'resolved": *"' + "http"]
    # folders of one computer; not part of a longer path or of an address
    words += [rf"(?<![\w.~$}}/-])/{folder}/" for folder in ("work", "root", "Users", "builds", "workspace")]
    words += [r"(?<![\w.~$}/-])/ho" + r"me/(?!(?:ACCOUNT|op)\b)", r"[A-Z]:\\" + r"Users\\"]
    return re.compile("|".join(words))


def offences(text: str) -> list[str]:
    """What names a place of packages or one computer."""
    return sorted({found.group() for found in forbidden().finditer(text)})


def test_no_file_names_the_place_where_it_was_made() -> None:
    found = {}
    for file in tracked():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # fonts and pictures
        if offences(text):
            found[file.relative_to(ROOT).as_posix()] = offences(text)
    assert found == {}


@pytest.mark.parametrize(
    ("text", "well"),
    [
        ("see https://" + "pypi." + "org/simple", False),
        ('File "/' + 'root/x.py"', False),
        ("cd /" + "work/main", False),
        ("~/.cache/plant-console", True),
        ("PLANT_CONSOLE_DATA=/home/ACCOUNT/.local", True),
        ("https://example.com/work/orders", True),
        ("a/" + "root/b", True),
    ],
)
def test_the_search_finds_what_it_is_for(text: str, well: bool) -> None:
    assert (offences(text) == []) is well
