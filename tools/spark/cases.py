"""Cases on the cluster: the files of a case as Parquet, once named as paths here and once as tables there."""

from __future__ import annotations

import dataclasses
import glob
import pathlib
import shutil
import tomllib

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

ON_CLUSTER = ["training", "production", "golden", "offline", "candidate", "labels", "predictions", "reviewed"]


@dataclasses.dataclass
class Pair:
    """A case that reads its files here, and the same case that reads them on the cluster."""

    name: str
    local: pathlib.Path
    remote: pathlib.Path
    snapshots: list[str]
    tables: dict[str, pathlib.Path]


def files(folder: pathlib.Path, named: str) -> list[pathlib.Path]:
    path = folder / named
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [path] if path.exists() else sorted(map(pathlib.Path, glob.glob(str(path), recursive=True)))


def table(paths: list[pathlib.Path]) -> pa.Table:
    """The rows of files as other programs read them; numbers in quotes and the like are not the question here."""
    parts = []
    for path in paths:
        name = path.name.removesuffix(".gz").removesuffix(".zst")
        if name.endswith(".parquet"):
            parts.append(pq.read_table(path))
        elif name.endswith((".csv", ".tsv")):
            options = pyarrow.csv.ParseOptions(delimiter="\t" if name.endswith(".tsv") else ",")
            parts.append(pyarrow.csv.read_csv(path, parse_options=options))
        else:
            parts.append(pyarrow.json.read_json(path))
    joined = pa.concat_tables(parts, promote_options="permissive")
    fields = []
    for field in joined.schema:
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        # Spark refuses nanoseconds, and times of day.
        if pa.types.is_timestamp(kind):
            kind = pa.timestamp("us", kind.tz)
        if pa.types.is_large_string(kind) or pa.types.is_time(kind) or pa.types.is_null(kind):
            kind = pa.string()
        fields.append(pa.field(field.name, kind))
    return joined.cast(pa.schema(fields))


def made(case: pathlib.Path, folder: pathlib.Path, address: str, as_tables: bool, parts: int = 2) -> Pair:
    """Writes both cases.

    as_tables: whether the cluster's case names tables; else paths.
    parts: files of the log, so that more than one worker has something to read.
    """
    local, remote, data = (folder / kind / case.name for kind in ("local", "remote", "data"))
    for path in (local, remote, data):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    contract = (case / "coroner.toml").read_text()
    named = tomllib.loads(contract)
    snapshots = dict(named.get("snapshots", {}))
    if isinstance(named.get("candidate", {}).get("file"), str):
        snapshots["candidate"] = named["candidate"]["file"]
    here, there, tables = contract, contract, {}
    for role in ON_CLUSTER:
        if not isinstance(snapshots.get(role), str):
            continue
        rows = table(files(case, snapshots[role]))
        (data / role).mkdir()
        # Rows of a log have their order by time; those of other snapshots only by their place in a file.
        of_role = parts if role == "production" else 1
        size = -(-rows.num_rows // of_role)
        for part in range(of_role):
            pq.write_table(rows.slice(part * size, size), data / role / f"part-{part}.parquet")
        tables[role] = data / role
        table_name = f"{case.name.replace('-', '_')}_{role}"
        key = "file" if role == "candidate" else role
        here = renamed(here, key, snapshots[role], str(data / role))
        there = renamed(there, key, snapshots[role], table_name if as_tables else str(data / role))
    for path in case.iterdir():
        if path.name != "coroner.toml":
            for target in (local, remote):
                (target / path.name).symlink_to(path.resolve())
    (local / "coroner.toml").write_text(here)
    (remote / "coroner.toml").write_text(f'{there}\n[remote]\nengine = "{address}"\n')
    # What is a file beside the contract is read here, so the snapshots must not lie there.
    for role in tables:
        for target in (local, remote):
            (target / snapshots[role]).unlink(missing_ok=True)
    return Pair(case.name, local, remote, list(tables), tables if as_tables else {})


def renamed(contract: str, key: str, old: str, new: str) -> str:
    for quote in "\"'":
        for space in (" ", ""):
            line = f"{key}{space}={space}{quote}{old}{quote}"
            if line in contract:
                return contract.replace(line, f'{key} = "{new}"', 1)
    raise ValueError(f"{key} = {old!r} is not a line of the contract")


def register(session: object, pairs: list[Pair]) -> None:
    """Makes the tables on the server, which forgets them when it ends."""
    for pair in pairs:
        for role, path in pair.tables.items():
            name = f"{pair.name.replace('-', '_')}_{role}"
            session.sql(f"DROP TABLE IF EXISTS {name}").collect()
            session.sql(f"CREATE TABLE {name} USING parquet LOCATION '{path}'").collect()
