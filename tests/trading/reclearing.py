"""Logs that somebody wrote anew and signed again, for the tests of the second clearing."""

from copy import deepcopy

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.tree import Tree, leaf_hash
from kezek.trading.reclear import reclear


def again(entries):
    """Clear a log again whose writer made the gate's root fit what stands before it."""
    entries = with_gate(entries)
    return reclear(events=entries, leaves=[leaf_hash(canonical_bytes(event)) for event in entries])


def with_gate(entries):
    entries = deepcopy(list(entries))
    for index, event in enumerate(entries):
        if event.get("type") == "gate.closed" and isinstance(event.get("data"), dict) and "root" in event["data"]:
            root = Tree(leaf_hash(canonical_bytes(one)) for one in entries[:index]).root()
            event["data"] = {"root": root.hex(), "size": index}
            break
    return entries


def altered(entries, index, way):
    """Change one value of an entry to another of its kind."""
    entries = deepcopy(list(entries))
    place = entries[index]["data"]
    for key in way[:-1]:
        place = place[key]
    value = place[way[-1]]
    place[way[-1]] = value + 1 if type(value) is int else 7 if value is None else f"{value}x"
    return entries


def index_of(found):
    """Index of the first entry that does not follow."""
    faults = [*found.faults, *(hour.fault for hour in found.hours.values() if hour.fault)]
    return min(fault.entry for fault in faults if fault.entry is not None)
