"""The manifest of a folder: what was written, so that a changed, missing or foreign file is named later."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path, PurePosixPath

from kezek.evidence.canonical import JsonObject, canonical_bytes, parse_canonical
from kezek.evidence.error import CanonicalError
from kezek.units.problem import InputProblem

MANIFEST_FILE = "manifest.json"
FORMAT = "kezek-folder@v1"


@dataclass(frozen=True, slots=True)
class Damage:
    """One file of a folder that is not as it was written."""

    file: str
    what: str


def manifest_bytes(folder: Path, *, marker: str) -> bytes:
    """Hash all files of a folder into its manifest: {files: {name: {bytes, sha256}}, format, marker}, one line."""
    files = {name: _hashed(folder / name) for name in sorted(_names(folder))}
    return canonical_bytes({"files": files, "format": FORMAT, "marker": marker}) + b"\n"


def read_manifest(folder: Path) -> JsonObject:
    """Read the manifest of a folder; the file entries are of the right form.

    Raises:
        CanonicalError, ValueError: it is not one we wrote.
        OSError: it cannot be read.
    """
    data = (folder / MANIFEST_FILE).read_bytes()
    if not data.endswith(b"\n"):
        raise ValueError("the last line has no line end")
    match parse_canonical(data.removesuffix(b"\n")):
        case {"files": dict(files), "format": str(found), "marker": str(marker), **rest} if not rest:
            _check_form(files, found=found, marker=marker)
            return {"files": files, "format": found, "marker": marker}
        case _:
            raise ValueError("{files, format, marker} were expected")


def check_folder(path: Path) -> list[Damage]:
    """Hash every file of a folder again; return what is changed, missing or extra, by name, empty if all is well.

    Raises:
        InputProblem: journal.folder.missing when there is no such folder.
    """
    if not path.is_dir():
        raise InputProblem(
            "journal.folder.missing", "This is not a folder.", str(path), "Give a folder that kezek wrote."
        )
    try:
        files = read_manifest(path)["files"]
    except FileNotFoundError:
        return [Damage(MANIFEST_FILE, "is missing")]
    except CanonicalError as error:
        return [Damage(MANIFEST_FILE, f"is not as it was written: {error.what}")]
    except (ValueError, OSError) as error:
        return [Damage(MANIFEST_FILE, f"is not as it was written: {error}")]
    return list(_damages(path, files))


def extra_files(folder: Path) -> list[str]:
    """Name the files of a folder that its manifest does not list; none if there is no manifest to go by."""
    try:
        listed = read_manifest(folder)["files"]
    except (CanonicalError, ValueError, OSError):
        return []
    return sorted(set(_names(folder)) - set(listed))


def is_plain(name: str) -> bool:
    """Tell whether a name stays inside its folder and has one spelling.

    >>> is_plain("charts/price.svg"), is_plain("../x"), is_plain("a//b"), is_plain("/etc")
    (True, False, False, False)
    """
    path = PurePosixPath(name)
    return bool(path.parts) and str(path) == name and not path.is_absolute() and ".." not in path.parts


def _damages(path: Path, files: Mapping[str, Mapping[str, object]]) -> Iterator[Damage]:
    found = set(_names(path))
    for name in sorted(files):
        if name not in found:
            yield Damage(name, "is missing")
        elif what := _changed(path / name, files[name]):
            yield Damage(name, what)
    for name in sorted(found - set(files)):
        yield Damage(name, "is not in the manifest")


def _changed(file: Path, listed: Mapping[str, object]) -> str | None:
    try:
        found = _hashed(file)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if found["bytes"] != listed["bytes"]:
        return f"has {found['bytes']} bytes, {listed['bytes']} were written"
    if found["sha256"] != listed["sha256"]:
        return f"has SHA-256 {found['sha256']}, {listed['sha256']} was written"
    return None


def _hashed(file: Path) -> dict[str, object]:
    with file.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
        return {"bytes": os.fstat(stream.fileno()).st_size, "sha256": digest}


def _names(folder: Path) -> Iterator[str]:
    """Name everything in a folder that is not a folder, the manifest left out."""
    for item in folder.rglob("*"):
        name = item.relative_to(folder).as_posix()
        if name != MANIFEST_FILE and (item.is_symlink() or not item.is_dir()):
            yield name


def _check_form(files: Mapping[str, object], *, found: str, marker: str) -> None:
    if found != FORMAT:
        raise ValueError(f"format is {found!r}, not {FORMAT!r}")
    if marker not in files:
        raise ValueError(f"marker {marker!r} is not among the files")
    for name, listed in files.items():
        match listed:
            case {"bytes": int(), "sha256": str(), **rest} if not rest and is_plain(name):
                pass
            case _:
                raise ValueError(f"file {name!r} is not listed with bytes and sha256")
