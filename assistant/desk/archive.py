"""The file of a backup: a zip of `manifest.json` and one `<table>.jsonl` for each table, a row a line.

It depends on no database and can be read with any zip and JSON tool. A row is an object of its columns in the order of
their names; a column of type JSON that is NULL is left out, so that it is not taken for a JSON `null`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import msgspec

from assistant.errors import AssistantError

FORMAT = 1
MANIFEST = "manifest.json"
#: No file of ours comes near these; beyond them a file is made to exhaust memory.
LONGEST_MANIFEST, LONGEST_LINE, MOST_FILES = 1 << 20, 64 << 20, 200
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, UnicodeError)
OTHER = "Take another backup file; this one cannot be used in full."


class BackupRefused(AssistantError):
    """A backup cannot be made, or a file cannot be restored; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table. bytes: of its lines, unpacked; sha256: hex, of its lines."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. made_at: UTC moment. audit_broken: the audit log's first broken line when it was made."""

    format: int
    program: str
    revision: str
    made_at: str
    audit_broken: int | None
    tables: dict[str, Part]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.tables.values())


class Tally:
    """Counts and hashes the lines of one table as they pass."""

    def __init__(self) -> None:
        self._rows, self._bytes, self._digest = 0, 0, hashlib.sha256()

    def passing(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            self._rows += 1
            self._bytes += len(line)
            self._digest.update(line)
            yield line

    def part(self) -> Part:
        return Part(self._rows, self._bytes, self._digest.hexdigest())


def damaged(file: Path, what: str) -> BackupRefused:
    return BackupRefused(f"The backup {file.name} is damaged: {what}.", OTHER)


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows syncs no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """A file under a temporary name, readable by its owner only, that takes its name when the block ends well."""
    if file.exists():
        raise BackupRefused(f"There is already a {file}.", "Name a file that is not there yet.")
    if not file.parent.is_dir():
        raise BackupRefused(f"There is no folder {file.parent}.", "Make it first, or name another place.")
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        with Archive(temporary) as written:
            written.check()
        os.rename(temporary, file)
        _sync_folder(file.parent)
    except OSError as error:
        raise BackupRefused(f"The backup cannot be written to {file} ({error.strerror}).",
                            "See that there is space and that this user may write there.") from None
    finally:
        temporary.unlink(missing_ok=True)


def write_archive(file: Path, empty: Manifest, tables: Iterable[tuple[str, Iterable[bytes]]]) -> Manifest:
    """Write the tables' lines as they come, read everything back, and only then give the file its name.

    empty: the manifest but for its tables. Raises BackupRefused.
    """
    parts: dict[str, Part] = {}
    with _new_file(file) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, lines in tables:
            tally = Tally()
            with packed.open(f"{name}.jsonl", "w", force_zip64=True) as stream:
                for line in tally.passing(lines):
                    stream.write(line)
            parts[name] = tally.part()
        manifest = replace(empty, tables=parts)
        packed.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


class Archive:
    """A backup file opened for reading. Every size is checked while reading, so no file can fill memory or disk."""

    def __init__(self, file: Path) -> None:
        """Raises BackupRefused for what is not a backup, is damaged, or was written by a newer program."""
        self.file = file
        try:
            self._zip = zipfile.ZipFile(file)
        except FileNotFoundError:
            raise BackupRefused(f"There is no {file}.", "Name the file that «backup» wrote.") from None
        except OSError as error:
            raise BackupRefused(f"{file} cannot be read ({error.strerror}).", "Name a file that this user may read.") from None
        except _UNREADABLE:
            raise BackupRefused(f"{file} is not a whole backup.",
                                "Name a file that «backup» wrote; if it was copied, copy it again in full.") from None
        try:
            self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._zip.close()

    def _read_manifest(self) -> Manifest:
        infos = {info.filename: info for info in self._zip.infolist()}
        foreign = BackupRefused(f"{self.file} is not a backup of this program.", "Name a file that «backup» wrote.")
        listed = infos.get(MANIFEST)
        if listed is None or len(self._zip.infolist()) > MOST_FILES or listed.file_size > LONGEST_MANIFEST:
            raise foreign
        try:
            text = self._zip.read(MANIFEST)
            written_as = msgspec.json.decode(text).get("format")
        except _UNREADABLE:
            raise damaged(self.file, f"{MANIFEST} cannot be read") from None
        except (msgspec.MsgspecError, AttributeError):
            raise foreign from None
        if isinstance(written_as, int) and written_as > FORMAT:
            raise BackupRefused(f"{self.file.name} was written by a newer version of this program.", "Restore it with that version.")
        try:
            manifest = msgspec.json.decode(text, type=Manifest)
        except msgspec.MsgspecError:
            raise foreign from None
        if {MANIFEST, *(f"{name}.jsonl" for name in manifest.tables)} != set(infos) or len(infos) != len(self._zip.infolist()):
            raise damaged(self.file, "its tables are not those that it lists")
        for name, part in manifest.tables.items():
            info = infos[f"{name}.jsonl"]
            if info.compress_type not in _PACKINGS or info.flag_bits & 1:
                raise foreign
            if info.file_size != part.bytes:
                raise damaged(self.file, f"the table {name} has another size than listed")
        return manifest

    def lines(self, table: str) -> Iterator[bytes]:
        """The rows of a table. Raises BackupRefused, at the latest after the last one, when they are not those listed."""
        tally = Tally()
        try:
            with self._zip.open(f"{table}.jsonl") as packed:
                for line in tally.passing(iter(lambda: packed.readline(LONGEST_LINE), b"")):
                    if not line.endswith(b"\n"):
                        raise damaged(self.file, f"a row of the table {table} has no end")
                    yield line
        except _UNREADABLE:
            raise damaged(self.file, f"the table {table} cannot be read") from None
        if tally.part() != self.manifest.tables[table]:
            raise damaged(self.file, f"the table {table} is not what was written")

    def check(self) -> None:
        """Read everything once. Raises BackupRefused."""
        for table in self.manifest.tables:
            for _ in self.lines(table):
                pass
