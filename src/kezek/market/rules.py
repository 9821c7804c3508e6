"""Rules of a session, read from the law and the terms by the caller."""

from dataclasses import dataclass

PRICE_RULES = {"pay_as_bid": "1", "uniform": "1"}
TIE_RULES = {"pro_rata_per_operator": "1", "time_priority": "1", "equal_share": "1"}
"""Version of each rule that the clearing can carry out."""
CURTAILMENT_PRICES = ("kept", "restruck")
CURTAILMENT_RULE_VERSION = "1"
"""Version of what a curtailment does to the price."""


@dataclass(frozen=True, slots=True)
class MarketRules:
    """Parameters of validation, clearing and curtailment.

    Args:
        curtailment_price: Under the uniform rule, whether a cut keeps the price or strikes it again.
        purchase_max_kwh: Largest single purchase, None where there is no maximum. [kWh]
        vat_ppm: Value-added tax on price and charges, reserved together with them. [ppm]
        market_fee_tiyn_per_kwh, transmission_tiyn_per_kwh: Charges on top of the price. [tiyn/kWh]
    """

    price_rule: str
    tie_rule: str
    curtailment_price: str
    price_tick_tiyn_per_kwh: int
    smallest_order_kwh: int
    purchase_max_kwh: int | None
    vat_ppm: int
    market_fee_tiyn_per_kwh: int = 0
    transmission_tiyn_per_kwh: int = 0

    @property
    def restrikes(self) -> bool:
        """Tell whether a curtailment may change the price that is paid."""
        return self.price_rule == "uniform" and self.curtailment_price == "restruck"
