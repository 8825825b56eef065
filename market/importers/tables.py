"""Open a CSV, gzipped CSV or Parquet file as named columns, whatever its small vices.

Tolerated: a byte-order mark, UTF-16, Windows line ends, blanks around names and values, lines with too few or too many
fields (kept aside, with their number). Anything else ends in one sentence that names the file.
"""

import csv
import gzip
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InvalidRequest

if TYPE_CHECKING:
    import pyarrow as pa

MAX_FILE_BYTES = 4_000_000_000


class UnreadableFile(InvalidRequest):
    """A file that is not what the command was promised. ``detail`` names the file and the column or line."""


@dataclass(frozen=True)
class FileTable:
    """Columns of a file by lower-case name (``ISIN Code`` is ``isin_code``), as pyarrow arrays of one length.

    ``lines`` says where row i stands in the file (None: row i is line i + 2). ``malformed`` are lines that have the
    wrong number of fields: (line number, text).
    """

    file: str
    columns: dict[str, "pa.ChunkedArray"]
    rows: int
    header: tuple[str, ...]
    lines: list[int] | None = None
    malformed: list[tuple[int, str]] = field(default_factory=list)

    def line(self, row: int) -> int:
        """Return where data row ``row`` (0-based) stands in the file, counting the header as line 1."""
        return self.lines[row] if self.lines is not None else row + 2

    def require(self, *names: str) -> None:
        """Raise UnreadableFile naming the first of ``names`` the file lacks."""
        for name in names:
            if name not in self.columns:
                raise UnreadableFile(f"{self.file}: there is no column '{name}'; it has {', '.join(self.header)}")

    def texts(self, name: str) -> list[str]:
        """Return a column as stripped strings; an absent column or value is ''."""
        if name not in self.columns:
            return [""] * self.rows
        return ["" if value is None else str(value).strip() for value in self.columns[name].to_pylist()]


def read_table(path: Path) -> FileTable:
    """Read the file at ``path``. Raises UnreadableFile."""
    if path.is_dir():
        raise UnreadableFile(f"{path}: this is a folder; name a file in it")
    if not path.is_file():
        raise UnreadableFile(f"{path}: there is no such file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise UnreadableFile(f"{path.name}: larger than {MAX_FILE_BYTES // 10**9} GB; split it")
    return _read_parquet(path) if _is_parquet(path) else _read_csv(path)


def normalised(name: str) -> str:
    """Return a column name as we look it up: ``ISIN Code`` and `` isin_code`` are the same."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _read_parquet(path: Path) -> FileTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"{path.name}: not a readable Parquet file ({_first_line(error)})") from error
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        columns.setdefault(normalised(name), column)
    if not table.num_rows:
        raise UnreadableFile(f"{path.name}: has a header but no rows")
    return FileTable(path.name, columns, table.num_rows, tuple(table.column_names))


def _read_csv(path: Path) -> FileTable:
    import pyarrow as pa
    import pyarrow.csv as pc

    data = _decoded(path)
    header_line, _, rest = data.partition(b"\n")
    if not header_line.strip():
        raise UnreadableFile(f"{path.name}: the file is empty")
    header = [name.strip() for name in next(csv.reader([header_line.decode("utf-8", "replace").strip("\r")]))]
    if not rest.strip():
        raise UnreadableFile(f"{path.name}: has a header but no rows")
    names = [f"{index}" for index in range(len(header))]
    try:
        table = pc.read_csv(
            pa.BufferReader(rest),
            read_options=pc.ReadOptions(column_names=names, block_size=8 << 20),
            parse_options=pc.ParseOptions(ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=True
            ),
        )
    except pa.ArrowException:
        return _read_csv_slowly(path, header, rest)
    return FileTable(path.name, _first_of_each(header, table.columns), table.num_rows, tuple(header))


def _decoded(path: Path) -> bytes:
    """Return the file's text as UTF-8 without a byte-order mark."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, ValueError) as error:
            raise UnreadableFile(f"{path.name}: the gzip data is damaged ({_first_line(error)})") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data[:4] == b"PK\x03\x04":
        raise UnreadableFile(f"{path.name}: a zip archive or workbook, not CSV or Parquet")
    if b"\x00" in data[:4096]:
        raise UnreadableFile(f"{path.name}: binary data, not CSV or Parquet")
    return data.lstrip(b"\r\n") if not data.strip() else data


def _read_csv_slowly(path: Path, header: list[str], rest: bytes) -> FileTable:
    """Read a file with ragged lines: the good ones as columns, the others kept aside."""
    import pyarrow as pa

    text = io.StringIO(rest.decode("utf-8", "replace"), newline="")
    columns: list[list[str]] = [[] for _ in header]
    lines: list[int] = []
    malformed: list[tuple[int, str]] = []
    reader = csv.reader(text)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            malformed.append((reader.line_num + 1, _first_line(error)))
            continue
        if len(row) != len(header):
            if row:
                malformed.append((reader.line_num + 1, ",".join(row)))
            continue
        lines.append(reader.line_num + 1)
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    if not lines:
        raise UnreadableFile(f"{path.name}: no line has the {len(header)} fields of the header")
    arrays = [pa.chunked_array([pa.array(column, pa.string())]) for column in columns]
    return FileTable(path.name, _first_of_each(header, arrays), len(lines), tuple(header), lines, malformed)


def _first_of_each(header: list[str], arrays: "list[pa.ChunkedArray]") -> "dict[str, pa.ChunkedArray]":
    """Return columns by name; of two with one name the first counts."""
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(header, arrays, strict=True):
        columns.setdefault(normalised(name), column)
    return columns


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:160]
