"""Terms of a session: reserve prices and charges, each with its reason and its source."""

from importlib import resources
from pathlib import Path

from kezek.market.order import MOST_TIYN_PER_KWH
from kezek.trading.settings import Form, Settings, read_settings
from kezek.units.quantity import EnergyPrice

_FORM = Form(
    "trading.terms",
    {
        "reserve_north_south": EnergyPrice,
        "reserve_west": EnergyPrice,
        "market_fee": EnergyPrice,
        "transmission": EnergyPrice,
    },
    "kezek market example --terms",
)


def default_terms() -> str:
    """Give the text of the terms that ship with Kezek, to start one's own from."""
    return (resources.files("kezek.trading") / "defaults" / "terms.toml").read_text(encoding="utf-8")


def read_terms(path: Path | None) -> Settings:
    """Read the terms of a session, or those that ship with Kezek.

    Raises:
        InputProblem: trading.terms.*, naming file, key and way out.
    """
    terms = read_settings(path=path, default=default_terms(), form=_FORM)
    for key in ("reserve_north_south", "reserve_west"):
        if terms.whole(key) > MOST_TIYN_PER_KWH:
            what = f"[{key}] is over the highest price that an order can state."
            raise _FORM.problem("range", what, path, f"It runs to {EnergyPrice(MOST_TIYN_PER_KWH)}.")
    return terms
