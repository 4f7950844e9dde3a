"""Which slices of a folder belong to one patient: by a person's table, and because they are copies."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import numpy as np

from ssinfnet.errors import InputError
from ssinfnet.files import folders, user_table
from ssinfnet.files.pictures import SUFFIXES
from ssinfnet.slices.copies import copies_within

COLUMNS = ("id", "group")
_OTHER_TABLES = (".xls", ".xlsb", ".ods", ".numbers", ".json")


def find_table(folder: Path) -> tuple[list[Path], dict[str, str]]:
    """The tables of groups beside the pictures, by whatever name, and the group of each slice as they have it.

    That is any table with the columns id and group; one that is called so must have them. Of several that say the same,
    any will do. Raises `InputError` for one that cannot be read, and for two that differ.
    """
    tables: dict[Path, dict[str, str]] = {}
    for path in folders.entries(folder):
        named_so, suffix = "group" in path.stem.lower(), path.suffix.lower()
        if folders.is_hidden(path):
            continue
        if named_so and suffix in _OTHER_TABLES:
            raise InputError(f"{path}: tables of groups are not read from {suffix}; save it as groups.csv")
        if suffix in user_table.SUFFIXES:
            try:
                frame = user_table.read(path, COLUMNS)
            except InputError:
                if named_so:
                    raise
                continue
            if twice := sorted(set(frame.loc[frame["id"].duplicated(), "id"])):
                raise InputError.from_defects(path, [f"{path}: slice {name} has two rows" for name in twice])
            tables[path] = dict(zip(frame["id"], frame["group"], strict=True))
    contents = list(tables.values())
    if any(table != contents[0] for table in contents):
        names = " and ".join(path.name for path in tables)
        raise InputError(f"{folder}: {names} give different groups; keep one of them there")
    if tables and folder / "groups.csv" not in tables:
        folders.say(f"{next(iter(tables))}: taken as the table of groups")
    return list(tables), contents[0] if contents else {}


def match(path: Path, table: dict[str, str], names: Sequence[str], defects: list[str]) -> dict[str, str]:
    """The group of each of the slices `names`, spelt in one way where people would take them for the same.

    A row means the slice of that very id, else the only one that is called so but for a suffix, case or leading zeros.
    What was not spelt alike is said on standard error; what does not fit is added to `defects`.
    """
    called, groups, guessed = finder(names, but=table), {}, []
    for written, group in table.items():
        name = called(written)
        if name is None:
            defects.append(f"{path}: no image {written}")
            continue
        if name != written:
            guessed.append(f"{written!r} as {name!r}")
        if name in groups:
            defects.append(f"{path}: slice {name} has two rows")
        if not group:
            defects.append(f"{path}: slice {name} has no group")
        groups[name] = group
    defects.extend(f"{path}: no row for slice {name}" for name in names if name not in groups)
    if guessed:
        folders.say(f"{path}: {len(guessed)} ids are not those of the pictures; taken {_few(guessed)}")
    return _spelt_alike(path, groups)


def finder(names: Sequence[str], but: Collection[str] = ()) -> Callable[[str], str | None]:
    """A function that gives the slice which a table means: that of the very id, else the only one called so but for a
    suffix, case or leading zeros, and not in `but`; None for no such slice.
    """
    similar: dict[str, list[str]] = {}
    for name in names:
        similar.setdefault(_key(name), []).append(name)
    known = set(names)

    def find(written: str) -> str | None:
        if written in known:
            return written
        others = [other for other in similar.get(_key(_without_suffix(written)), []) if other not in but]
        return others[0] if len(others) == 1 else None

    return find


def join_copies(
    groups: dict[str, str], paths: dict[str, Path], read: Callable[[Path], np.ndarray], table: Path | None
) -> dict[str, str]:
    """The groups, those of copies joined under the name of the first; each is said on standard error.

    `read` gives the picture of a path; one that it refuses with `InputError` is no copy. `table` is where a person has
    put the slices into groups.
    """
    copies = copies_within(list(paths), lambda name: _shown(paths[name], read))
    parent = {group: group for group in groups.values()}

    def root(group: str) -> str:
        while parent[group] != group:
            group = parent[group]
        return group

    lines = []
    for one, other, exact in copies:
        line = f"{paths[other]}: a {'copy' if exact else 'near copy'} of {paths[one].name}"
        if table and root(groups[one]) != root(groups[other]):
            line += f", though {table.name} puts them into the groups {groups[other]!r} and {groups[one]!r}"
        lines.append(f"{line}; they count as one group")
        parent[root(groups[other])] = root(groups[one])
    folders.say(*lines[: folders.SHOWN])
    if len(lines) > folders.SHOWN:
        folders.say(f"and {len(lines) - folders.SHOWN:,} more pairs of copies, each taken as one group")
    return {name: root(group) for name, group in groups.items()}


def _shown(path: Path, read: Callable[[Path], np.ndarray]) -> np.ndarray:
    try:
        return read(path)
    except InputError:
        return np.zeros((1, 1), np.uint8)


def _spelt_alike(path: Path, groups: dict[str, str]) -> dict[str, str]:
    spellings: dict[str, list[str]] = {}
    for group in groups.values():
        same = spellings.setdefault(_key(group), [])
        if group not in same:
            same.append(group)
    if mixed := [same for same in spellings.values() if len(same) > 1]:
        folders.say(f"{path}: taken as one group each: {_few([' = '.join(map(repr, same)) for same in mixed])}")
    return {name: spellings[_key(group)][0] for name, group in groups.items()}


def _key(name: str) -> str:
    """The same for all spellings of a name: `P1`, `p01`, `P 1`, `P-1`; `1` and `1.0`; `Patient 1` and `patient_1`."""
    name = re.sub(r"^(\d+)\.0+$", r"\1", user_table.folded(name))  # from a spreadsheet
    name = re.sub(r"(?<=[^\W\d_])[ _-]+(?=\d)", "", name)
    return re.sub(r"(?<![\d.])0+(?=\d)", "", re.sub(r"[ _-]+", "_", name))


def _without_suffix(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix.lower() in SUFFIXES else name


def _few(texts: Iterable[str]) -> str:
    texts = list(texts)
    more = f", and {len(texts) - folders.SHOWN:,} more" if len(texts) > folders.SHOWN else ""
    return ", ".join(texts[: folders.SHOWN]) + more
