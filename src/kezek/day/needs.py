"""What a day needs of the law beyond the market: the dues that its bidders reckon with."""

from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.market.rules import MarketRules
from kezek.trading.rules import MARKET_KEYS, market_rules, require_vocabulary

_BASES = ("profit", "gross", "revenue", "receipt_value")
_WORDS = {keys.TAX_INCOME_BASE: _BASES, keys.COMPLIANCE_BASE: _BASES}
_DUES = (
    keys.TAX_INCOME_BASE,
    keys.TAX_INCOME_RATE_PPM,
    keys.COMPLIANCE_BASE,
    keys.COMPLIANCE_RATE_PPM,
)


def day_rules(*, law: Snapshot) -> MarketRules:
    """Read the market's rules for a day, after making sure that everything the day needs is known.

    The charges of the session are zero: a day takes transmission as a cost of the site.

    Raises:
        InputProblem: trading.rules.no_market, .law_open, .unusable.
    """
    rules = market_rules(law=law, needed=(*MARKET_KEYS, *_DUES), banded=(keys.FEE_RATE_GENERAL,))
    require_vocabulary(law, _WORDS)
    return rules
