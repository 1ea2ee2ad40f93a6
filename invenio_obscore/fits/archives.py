"""Members of ZIP and tar archives as sources, without unpacking: a stored member by seeking, others as forward streams.

An archive comes from anyone. Sizes and offsets in it are claims: they are checked against the file and each other, and
whatever is wrong with a member is that member's problem alone.
"""

from __future__ import annotations

import bz2
import io
import posixpath
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast
from urllib.parse import quote

from ..errors import FitsError, FitsLimitError, TruncatedFitsError
from .files import Source, StreamSource, is_fits_name, is_hidden, looks_like_fits, readable
from .limits import Deadline, Limits
from .member_streams import Inflated, Mended, Range, Rest
from .streams import HeaderStream, compression, open_stream

MAX_MEMBERS = 100_000
MAX_DIRECTORY_BYTES = 64 * 2**20
MAX_TAR_HEADER = 2**20
#: What a compressed tar may inflate to, while its members are looked for or read.
MAX_TAR_BYTES = 2**36
ARCHIVE_NAME = re.compile(r"(?i).*\.(zip|tar|tar\.(gz|bz2|xz|z)|tgz|tbz2?|txz)$")

_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_END_RECORD = struct.Struct("<4s4H2IH")
#: Of an entry of the directory: flags, and the lengths of name, extra field and comment.
_DIRECTORY_ENTRY = struct.Struct("<8xH18x3H12x")
_TAR_MAGIC = b"ustar"
_ENTRY = b"PK\x01\x02"
#: Bytes that ZIP64 puts between the directory and its end record.
_ZIP64_RECORDS = 76
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_ESCAPING = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|\x00")
_CHUNK = 2**16
_GLANCE = Limits(inflated_bytes=2**20, seconds=10.0)
_WHOLE_TAR = Limits(inflated_bytes=MAX_TAR_BYTES, seconds=6 * 3600.0)


def _inflated(stream: BinaryIO, limits: Limits) -> HeaderStream:
    return open_stream(stream, limits, Deadline(limits.seconds))[0]


def kind_of(source: Source) -> str:
    """``zip``, ``tar`` (compressed or not), or an empty text; the stream is looked at and left at its beginning."""
    try:
        with source.open() as stream:
            if not stream.seekable():
                return ""
            start = stream.read(512)
            if start.startswith(_ZIP_STARTS):
                return "zip"
            if compression(start):
                start = _inflated(stream, _GLANCE).read(512)
            return "tar" if start[257:262] == _TAR_MAGIC else ""
    except FitsError:
        return ""


def members(archive: Source | BinaryIO, name: str = "", *, inflate: bool = True) -> Iterator[Source]:
    """The FITS members of an archive, each a source; one that cannot be opened has its ``problem``.

    Parameters
    ----------
    archive
        A source, or an open stream that seeks (it stays open).
    name
        File name of a stream.
    inflate
        Whether a compressed tar archive is read through to find its members; if not, it is given itself.
    """
    source = archive if isinstance(archive, Source) else StreamSource.of(archive, name)
    kind = kind_of(source)
    if not kind:
        return
    if not inflate and kind == "tar" and _is_compressed(source):
        yield source
        return
    try:
        yield from (_zip_members if kind == "zip" else _tar_members)(source)
    except FitsError as error:
        # The members before the damage stand; the rest of the archive is one problem.
        yield Source(source.name, source.path, source.size, source.uri, problem=error)


def _is_compressed(source: Source) -> bool:
    with source.open() as stream:
        return bool(compression(stream.read(512)))


def _member_uri(kind: str, archive: Source, member: str) -> str:
    return f"{kind}:{archive.uri}!/{quote(member)}" if archive.uri else ""


def _path_problem(member: str) -> FitsError | None:
    if _ESCAPING.search(member):
        return FitsError(f"{member!r}: the member's path leads out of the archive")
    return None


# -- ZIP -------------------------------------------------------------------------------------------------------------
@dataclass
class ZipMember(Source):
    """A member of a ZIP archive.

    Attributes
    ----------
    archive
        Source of the archive.
    offset
        Where its local header stands.
    compressed_size, method
        As the archive's directory has them.
    """

    archive: Source = field(default_factory=lambda: Source(""), repr=False)
    offset: int = 0
    compressed_size: int = 0
    method: int = _STORED

    @property
    def portable(self) -> bool:
        """See :attr:`.Source.portable`."""
        return self.archive.portable

    def open(self) -> BinaryIO:
        """See :meth:`.Source.open`: a stored member seeks, a compressed one is read forward."""
        if self.problem:
            raise self.problem
        stream = self.archive.open()
        try:
            data = Range(stream, self._data_offset(stream), self.compressed_size)
        except FitsError:
            stream.close()
            raise
        if self.method == _STORED:
            return cast(BinaryIO, io.BufferedReader(data, _CHUNK))
        decompressor = zlib.decompressobj(-15) if self.method == _DEFLATED else bz2.BZ2Decompressor()
        return cast(BinaryIO, io.BufferedReader(Inflated(data, decompressor), _CHUNK))

    def _data_offset(self, stream: BinaryIO) -> int:
        stream.seek(self.offset)
        header = stream.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(_ZIP_STARTS[0]):
            raise FitsError(f"{self.member}: damaged archive, no member begins at byte {self.offset}")
        *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        return int(self.offset + _LOCAL_HEADER.size + name_length + extra_length)


def _zip_members(archive: Source) -> Iterator[Source]:
    # zipfile itself stumbles over a damaged entry without a name.
    entries = [entry for entry in _zip_entries(archive) if entry.filename and not entry.is_dir()]
    ends = _ends(entries, archive.size)
    seen: set[str] = set()
    begun: set[int] = set()
    for entry in entries:
        member = ZipMember(
            name=posixpath.basename(entry.filename.replace("\\", "/")),
            path=archive.path,
            size=entry.file_size,
            uri=_member_uri("zip", archive, entry.filename),
            member=entry.filename,
            archive=archive,
            offset=entry.header_offset,
            compressed_size=entry.compress_size,
            method=entry.compress_type,
        )
        # Thousands of entries over one body are a bomb; each body counts for its first entry.
        end = ends[entry.header_offset] if entry.header_offset not in begun else entry.header_offset
        member.problem = _zip_problem(entry, end, seen) or _nested(entry.filename)
        seen.add(entry.filename)
        begun.add(entry.header_offset)
        if _wanted(member):
            yield member


def _wanted(member: Source, *, may_look: bool = True) -> bool:
    """Whether a member counts: by its name, or by its first bytes where looking at them costs little."""
    if is_fits_name(member.member):
        return True
    if is_hidden(member.member):
        return False
    if ARCHIVE_NAME.match(member.member):
        return True  # not opened, and that is said
    return may_look and not member.problem and looks_like_fits(member)


def _nested(member: str) -> FitsError | None:
    """Archives inside archives are where bombs grow, and no address reaches their members."""
    if is_fits_name(member) or not ARCHIVE_NAME.match(member):
        return None
    return FitsError(
        f"{member}: an archive inside an archive is not opened", remedy="deposit it by itself, or put its files here"
    )


def _zip_entries(archive: Source) -> list[zipfile.ZipInfo]:
    with archive.open() as stream:
        lies = _check_directory(stream, archive.name)
        try:
            with zipfile.ZipFile(Mended(stream, lies) if lies else stream) as opened:
                entries = opened.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError, struct.error) as error:
            raise FitsError(f"{archive.name}: damaged ZIP archive: {error}") from error
    if len(entries) > MAX_MEMBERS:
        raise _too_many(archive.name, len(entries))
    return entries


def _too_many(name: str, count: int) -> FitsLimitError:
    return FitsLimitError(f"{name}: {count} members; {MAX_MEMBERS} are the limit")


def _check_directory(stream: BinaryIO, name: str) -> dict[int, int]:
    """Refuse a directory that is too large, before it is read whole (APPNOTE 6.3.10, section 4.3.16).

    Returns
    -------
    dict of int to int
        Position → byte: flags of names that say UTF-8 and are none, as they should be; zipfile would refuse them all.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _END_RECORD.size - 2**16))
    tail = stream.read(_END_RECORD.size + 2**16)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise TruncatedFitsError(f"{name}: the ZIP archive's directory is missing; it was cut or is damaged")
    *_, directory_bytes, offset, _comment = _END_RECORD.unpack_from(tail, at)
    if directory_bytes == 0xFFFFFFFF:  # ZIP64: the bound is what stands behind its members
        directory_bytes = size - offset if offset != 0xFFFFFFFF else 0
    if directory_bytes > MAX_DIRECTORY_BYTES:
        raise FitsLimitError(f"{name}: the ZIP archive's directory has {directory_bytes} bytes")
    # zipfile makes an object of each entry: they are counted before.
    begin = max(0, size - len(tail) + at - directory_bytes - _ZIP64_RECORDS)
    stream.seek(begin)
    directory = stream.read(directory_bytes + _ZIP64_RECORDS)
    count = directory.count(_ENTRY)
    if count > MAX_MEMBERS:
        raise _too_many(name, count)
    stream.seek(0)
    return {begin + position: byte for position, byte in _false_flags(directory)}


def _false_flags(directory: bytes) -> Iterator[tuple[int, int]]:
    """Where an entry's flags say that its name is UTF-8 and it is not (APPNOTE 6.3.10, appendix D)."""
    at = directory.find(_ENTRY)
    while at >= 0 and directory[at : at + 4] == _ENTRY and len(directory) >= at + _DIRECTORY_ENTRY.size:
        flags, name, extra, comment = _DIRECTORY_ENTRY.unpack_from(directory, at)
        if flags & _UTF_8:
            try:
                directory[at + _DIRECTORY_ENTRY.size : at + _DIRECTORY_ENTRY.size + name].decode("utf-8")
            except UnicodeDecodeError:
                yield at + 9, directory[at + 9] & ~(_UTF_8 >> 8)
        at += _DIRECTORY_ENTRY.size + name + extra + comment


def _ends(entries: list[zipfile.ZipInfo], size: int | None) -> dict[int, int]:
    """For each member's offset, where the next member begins: no member reaches farther."""
    offsets = sorted({entry.header_offset for entry in entries})
    following = [*offsets[1:], size if size is not None else 2**63]
    return dict(zip(offsets, following))


def _zip_problem(entry: zipfile.ZipInfo, end: int, seen: set[str]) -> FitsError | None:
    name = entry.filename
    if name in seen:
        return FitsError(f"{name}: the archive has two members of this name")
    if entry.flag_bits & _ENCRYPTED:
        return FitsError(f"{name}: encrypted", remedy="deposit it without a password")
    if entry.compress_type not in (_STORED, _DEFLATED, _BZIP2):
        return FitsError(f"{name}: compression method {entry.compress_type} is not supported", remedy="use deflate")
    if entry.header_offset < 0 or entry.header_offset + _LOCAL_HEADER.size + entry.compress_size > end:
        return FitsError(f"{name}: damaged archive, the member overlaps another one or the end")
    if entry.compress_type == _STORED and entry.file_size != entry.compress_size:
        return FitsError(f"{name}: damaged archive, the member's sizes contradict each other")
    return _path_problem(name)


# -- tar -------------------------------------------------------------------------------------------------------------
@dataclass
class TarMember(Source):
    """A member of a tar archive that is not compressed: it seeks."""

    archive: Source = field(default_factory=lambda: Source(""), repr=False)
    offset: int = 0

    @property
    def portable(self) -> bool:
        """See :attr:`.Source.portable`."""
        return self.archive.portable

    def open(self) -> BinaryIO:
        """See :meth:`.Source.open`."""
        if self.problem:
            raise self.problem
        return cast(BinaryIO, io.BufferedReader(Range(self.archive.open(), self.offset, self.size or 0), _CHUNK))


@dataclass
class CompressedTarMember(TarMember):
    """A member of a compressed tar archive, read forward.

    The members of one archive share a reader: opened in their order they cost one pass through the archive.
    """

    reader: _SharedReader = field(default_factory=lambda: _SharedReader(Source("")), repr=False)

    @property
    def portable(self) -> bool:
        """Every other process would inflate the archive from its beginning."""
        return False

    def open(self) -> BinaryIO:
        """See :meth:`.Source.open`; it ends where the next member of the archive is opened."""
        if self.problem:
            raise self.problem
        return cast(BinaryIO, Rest(self.reader.at(self.offset), self.size or 0))


class _SharedReader:
    """The inflated archive at a place: the pass that lists the members serves them too, while it stands at them.

    A place that lies behind every pass is reached by beginning another one.
    """

    def __init__(self, archive: Source, listing: _TarBytes | None = None) -> None:
        self._archive = archive
        self._listing = listing
        self._own: _TarBytes | None = None

    def __getstate__(self) -> dict[str, object]:
        return {"_archive": self._archive, "_listing": None, "_own": None}

    def listed(self) -> None:
        """The listing ended; its pass is used no more."""
        self._listing = None

    def at(self, offset: int) -> _TarBytes:
        passes = [p for p in (self._listing, self._own) if p is not None and p.tell() <= offset]
        stream = max(passes, key=lambda p: p.tell()) if passes else self._again()
        stream.seek(offset)
        return stream

    def _again(self) -> _TarBytes:
        if self._own is not None:
            self._own.close()
        self._own = _TarBytes(self._archive.open(), inflate=True)
        return self._own


class _TarBytes:
    """What `tarfile` reads headers from: an archive that seeks, or an inflated one read forward, both under bounds."""

    def __init__(self, stream: BinaryIO, *, inflate: bool) -> None:
        self._stream = stream
        self._inflated = _inflated(stream, _WHOLE_TAR) if inflate else None
        self._position = 0
        self.last = b""

    def read(self, size: int) -> bytes:
        """Bytes of headers: tarfile asks for a whole extended header at once, whatever size it claims."""
        if size > MAX_TAR_HEADER:
            raise FitsLimitError(f"a header of {size} bytes in the tar archive")
        if self._inflated is None:
            self._stream.seek(self._position)  # a member's reader may have moved it
        data = self._inflated.read(size) if self._inflated else self._stream.read(size)
        self._position += len(data)
        self.last = data
        return data

    def seek(self, position: int) -> int:
        if self._inflated is None:
            self._position = self._stream.seek(position)
        elif not self._inflated.go_to(position):
            raise TruncatedFitsError("the tar archive ends inside a member")
        self._position = position
        return position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        self._stream.close()


def _tar_members(archive: Source) -> Iterator[Source]:
    with archive.open() as stream:
        inflate = bool(compression(stream.read(512)))
        stream.seek(0)
        bytes_ = _TarBytes(stream, inflate=inflate)
        reader = _SharedReader(archive, bytes_) if inflate else None
        seen: set[str] = set()
        try:
            for info in _tar_entries(bytes_, archive.name or "archive"):
                member = _tar_member(archive, info, reader)
                member.problem = _tar_problem(info, archive, seen, compressed=inflate) or _nested(info.name)
                seen.add(info.name)
                if _wanted(member, may_look=not inflate):
                    yield member
        finally:
            if reader:
                reader.listed()


def _tar_entries(stream: _TarBytes, name: str) -> Iterator[tarfile.TarInfo]:
    deadline = Deadline(_WHOLE_TAR.seconds)
    count = 0
    try:
        with tarfile.TarFile(fileobj=cast(BinaryIO, stream), mode="r", errorlevel=1) as opened:
            while info := opened.next():
                deadline.check()
                info.name = readable(info.name)
                opened.members.clear()  # type: ignore[attr-defined]  # else every header stays in memory
                count += 1
                if count > MAX_MEMBERS:
                    raise FitsLimitError(f"{name}: more than {MAX_MEMBERS} members")
                if info.isreg():
                    yield info
        # tarfile ends without a word at a header that is none.
        if any(stream.last):
            raise FitsError(
                f"{name}: damaged tar archive: no member's header at byte {stream.tell() - len(stream.last)}"
            )
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        raise FitsError(f"{name}: damaged tar archive: {error}") from error


def _tar_member(archive: Source, info: tarfile.TarInfo, reader: _SharedReader | None) -> Source:
    name, uri = posixpath.basename(info.name), _member_uri("tar", archive, info.name)
    if reader is None:
        return TarMember(name, archive.path, info.size, uri, info.name, None, archive, info.offset_data)
    return CompressedTarMember(name, archive.path, info.size, uri, info.name, None, archive, info.offset_data, reader)


def _tar_problem(info: tarfile.TarInfo, archive: Source, seen: set[str], *, compressed: bool) -> FitsError | None:
    if info.name in seen:
        return FitsError(f"{info.name}: the archive has two members of this name")
    if info.size < 0:
        return FitsError(f"{info.name}: damaged archive, the member has no size")
    if info.sparse is not None:
        return FitsError(f"{info.name}: a sparse tar member", remedy="pack it without --sparse")
    if not compressed and archive.size is not None and info.offset_data + info.size > archive.size:
        return TruncatedFitsError(f"{info.name}: the archive ends inside this member")
    return _path_problem(info.name)
