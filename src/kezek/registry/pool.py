"""Mining pools and exchanges: which are on the state's lists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pool:
    """A mining pool with its fee on payouts. [ppm]"""

    pool_id: str
    accredited: bool
    fee_ppm: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A venue where coins are sold; licensed means licensed in the Astana International Financial Centre."""

    exchange_id: str
    licensed: bool
