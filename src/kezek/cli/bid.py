"""`kezek bid`: from an operator's plan file to what to bid, hour by hour, and to the orders that say so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from kezek.cli.asked import readings_of
from kezek.cli.check_files import MOST_BYTES, place_of, text_of, write_all
from kezek.cli.law import HOME, open_book
from kezek.cli.output import forgiving, write, write_json
from kezek.duties.lens import Lens
from kezek.planning.plan import BidPlan, plan_bids
from kezek.planning.plan_file import read_plan
from kezek.units.problem import InputProblem, nearest

START = "bid-flat-2025"
"""The example that --template prints unless another is named."""
ORDER_FILES = (".csv", ".xlsx", ".xml")
"""Endings of a file of orders."""
_EXAMPLES = resources.files("kezek.planning").joinpath("examples")


@dataclass(frozen=True, slots=True)
class BidOptions:
    """What was asked for on the command line; see the help of `kezek bid`."""

    plan: Path | None = None
    example: str | None = None
    profile: str = "described"
    readings: tuple[str, ...] = ()
    accept_unconfirmed: tuple[str, ...] = ()
    law: Path | None = None
    as_json: bool = False
    html: Path | None = None
    orders: Path | None = None
    template: bool = False


def run_bid(options: BidOptions) -> int:
    """Plan the bids of a day, write what was asked for, then show the plan or print it as JSON. Gives the exit code.

    All places are looked at first, and everything is worked out before anything is written.

    Raises:
        InputProblem: anything that a user can mend; cli.out.failed where something could not be written.
    """
    if options.template:
        return _template(options)
    places = _places(options)
    name, text, beside = _source(options)
    used: list[str] = []

    def noted(file: str) -> str:
        used.append(file)
        return beside(file)

    facts = read_plan(text=text, name=name, beside=noted)
    _require_apart(options, places, used)
    lens = Lens(
        book=open_book(options.law, HOME),
        profile=options.profile,
        readings=readings_of(options.readings),
        accept_unconfirmed=frozenset(options.accept_unconfirmed),
    )
    plan = plan_bids(facts=facts, law=lens.on(facts.on))
    write_all({place: _made(kind, plan, options) for kind, place in places.items()})
    with forgiving():
        _show(options, plan, [str(path) for path in (options.html, options.orders) if path])
    return 0


def _require_apart(options: BidOptions, places: Mapping[str, Path], used: Sequence[str]) -> None:
    """Stop before a file that the plan reads is written over.

    Raises:
        InputProblem: cli.out.source.
    """
    read = {(options.plan.parent / file).resolve() for file in used} if options.plan is not None else set()
    for place in places.values():
        if place in read:
            raise InputProblem("cli.out.source", "holds the plan's prices.", str(place), "Choose another name.")


def _template(options: BidOptions) -> int:
    given = (options.plan, options.html, options.orders, options.as_json or None)
    if any(one is not None for one in given):
        raise InputProblem("cli.bid.idle", "goes alone, or with --example.", "--template", "Leave out the rest.")
    with forgiving():
        write(example_text(options.example or START))
    return 0


def example_names() -> tuple[str, ...]:
    """Name the shipped plans, in the order of the alphabet."""
    names = (entry.name for entry in _EXAMPLES.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name[:4] == "bid-" and name[-5:] == ".toml"))


def example_text(name: str) -> str:
    """Give the text of a shipped plan.

    Raises:
        InputProblem: cli.bid.example, with the names there are.
    """
    if name not in example_names():
        listed = f"Known: {', '.join(example_names())}."
        way_out = " ".join(dict.fromkeys((nearest(name, list(example_names())), listed)))
        raise InputProblem("cli.bid.example", f"There is no example {name!r}.", "--example", way_out)
    return _EXAMPLES.joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _source(options: BidOptions) -> tuple[str, str, Callable[[str], str]]:
    """Give the plan's name, its text, and how to read a file beside it."""
    if (options.plan is None) == (options.example is None):
        what = "No plan was named." if options.plan is None else "A plan and an example were named."
        way_out = f"Give a plan file, or --example {START}; --template prints a plan to start from."
        raise InputProblem("cli.bid.input", what, "", way_out)
    if options.plan is None:
        name = str(options.example)
        return (
            f"example {name}",
            example_text(name),
            lambda file: _EXAMPLES.joinpath(file).read_text(encoding="utf-8"),
        )
    folder = options.plan.parent
    return str(options.plan), _read(options.plan), lambda file: _read(folder / file)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Check the name; --template prints a plan."
        raise InputProblem("cli.bid.unreadable", what, str(path), way_out) from error
    if len(data) > MOST_BYTES:
        raise InputProblem("cli.bid.size", "is larger than 4 MiB.", str(path), "Give a plan, or prices of hours.")
    return text_of(data, str(path))


def _places(options: BidOptions) -> dict[str, Path]:
    """Look at every place that something is to go to.

    Raises:
        InputProblem: cli.out.source, .twice, .unwritable; cli.bid.orders.
    """
    if options.orders is not None and options.orders.suffix not in ORDER_FILES:
        what = f"has the ending {options.orders.suffix!r}: no file of orders is written so."
        way_out = f"Name a file that ends in {', '.join(ORDER_FILES[:-1])} or {ORDER_FILES[-1]}."
        raise InputProblem("cli.bid.orders", what, str(options.orders), way_out)
    source = None if options.plan is None else str(options.plan)
    asked = {"html": options.html, "orders": options.orders}
    places = {kind: place_of(path, source=source) for kind, path in asked.items() if path is not None}
    if len(set(places.values())) < len(places):
        raise InputProblem("cli.out.twice", "is named for two outputs.", str(options.html), "Give each its own file.")
    return places


def _made(kind: str, plan: BidPlan, options: BidOptions) -> bytes:
    if kind == "orders" and options.orders is not None:
        from kezek.cli.bid_orders import orders_file

        return orders_file(plan=plan, suffix=options.orders.suffix, name=str(options.orders))
    from kezek.reports.bid_page import bid_page

    return bid_page(plan).encode()


def _show(options: BidOptions, plan: BidPlan, written: list[str]) -> None:
    if options.as_json:
        from kezek.reports.bid_json import bid_json

        write_json(bid_json(plan))
        return
    from kezek.cli.bid_terminal import show_plan
    from kezek.cli.screen import screen

    show_plan(console=screen(), plan=plan)
    if written:
        write("\n".join(["", *(f"Written: {path}" for path in written), ""]))
