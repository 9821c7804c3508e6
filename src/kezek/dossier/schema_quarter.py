"""The schema of a quarter's books: coins, energy, money, and what was done about them."""

from datetime import date

from kezek.dossier.amount import Amount
from kezek.dossier.field import Field, Section, Table, Tables, Values
from kezek.dossier.kind import ByName, Count, Day, QuarterName, YesNo
from kezek.units.calendar import Quarter
from kezek.units.quantity import Coins, Energy, EnergyPrice, Money, Share

_REBATE_FROM = Quarter(2025, 3)
_REPORT_UNTIL_ON = date(2023, 6, 5)
_POOL_REPORT_FROM = Quarter(2026, 1)


def _energy(example: str, step: int = 1) -> Amount:
    return Amount("energy" if step == 1 else "energy in whole kWh", f'"{example}"', Energy, step=step)


def _money(example: str) -> Amount:
    return Amount("money", f'"{example}"', Money)


def _coins(example: str) -> Amount:
    return Amount("coins", f'"{example}"', Coins)


def _open(file: Values, own: Values) -> bool:
    """A quarter that is not over on the day of the verdict; nobody knows where that day is not said."""
    as_of = file.get("operator", {}).get("as_of")
    return as_of is None or own["period"].until_on > as_of


def _bought_some(_file: Values, own: Values) -> bool:
    return own.get("energy") != 0


def _paid(_file: Values, own: Values) -> bool:
    return bool(own.get("paid_on"))


def _rebates_ruled(_file: Values, own: Values) -> bool:
    return bool(own["period"] >= _REBATE_FROM)


def _rebate_claimed(_file: Values, own: Values) -> bool:
    return bool(own.get("rebate_claimed"))


def _reports_ruled(_file: Values, own: Values) -> bool:
    return bool(own["period"].from_on < _REPORT_UNTIL_ON)


def _pools_report(_file: Values, own: Values) -> bool:
    return bool(own["period"] >= _POOL_REPORT_FROM)


_OTHER_MONTH = (
    Field("on", Day(example="2025-07-04"), "On which day was the largest purchase of another month?", needed=True),
    Field("largest", _energy("1 MWh", 1_000), "How large was it?", needed=True),
)

_PLATFORM = Table(
    "a table",
    '{ energy = "5 420 MWh", largest = "1 MWh", largest_on = 2025-09-12 }',
    (
        Field(
            "energy",
            _energy("5 420 MWh", 1_000),
            "How much was bought on the platform in all?",
            '"0 kWh" where nothing was.',
            needed=True,
        ),
        Field(
            "largest",
            _energy("1 MWh", 1_000),
            "How large was the largest single purchase?",
            when=_bought_some,
            then_needed=True,
        ),
        Field("largest_on", Day(example="2025-09-12"), "On which day was that?", when=_bought_some, then_needed=True),
        Field(
            "other_months",
            Tables("a list of tables", '[{ on = 2025-07-04, largest = "1 MWh" }]', _OTHER_MONTH),
            "Do you know the largest purchase of another month of the quarter?",
            "The maximum can change inside a quarter.",
            when=_bought_some,
        ),
        Field("paid", _money("100 270 000 ₸"), "How much was paid for that energy?", when=_bought_some),
    ),
)

_FEE = Table(
    "a table",
    '{ returned_on = 2025-11-12, paid_on = 2025-11-20, paid = "10 840 000 ₸" }',
    (
        Field(
            "returned_on",
            Day("a date, or false", "2025-11-12", may_be_no=True),
            "On which day was the fee return filed?",
            in_file="false where it was not filed, or none was due.",
            needed=True,
        ),
        Field(
            "paid_on",
            Day("a date, or false", "2025-11-20", may_be_no=True),
            "On which day was the fee paid?",
            in_file="false where it was not.",
            needed=True,
        ),
        Field("paid", _money("10 840 000 ₸"), "How much was paid?", when=_paid, then_needed=True),
    ),
)

_PROGRAMME = Table(
    "a table, or false",
    '{ new_output = "40 GWh", to_grid = "28 GWh" }',
    (
        Field("new_output", _energy("40 GWh", 1_000), "What did the plant newly generate in all?", needed=True),
        Field("to_grid", _energy("28 GWh", 1_000), "How much of it went to the grid?", needed=True),
    ),
    may_be_no=True,
)

QUARTER = Section(
    name="quarter",
    title="Quarters",
    note="One for each quarter to be judged, in any order; the last may be open.",
    opening="Do you want to add a quarter?",
    many=True,
    fields=(
        Field("period", QuarterName(), "Which quarter is it?", needed=True),
        Field(
            "until",
            Day(example="2025-10-01"),
            "If it is still open: up to which day are its books written?",
            "The day after the last in the books.",
            in_file="Left out, the quarter's end or `as_of`, whichever is earlier.",
            when=_open,
        ),
        Field("mined_from", Day(example="2025-07-01"), "On which day did the machines begin to run in it?"),
        Field(
            "mined_until",
            Day(example="2025-10-01"),
            "Which was the first day on which they ran no longer?",
            "The day after the last; the day they began where they did not run.",
            when=lambda _file, own: "mined_from" in own,
            then_needed=True,
        ),
        Field("mined", _coins("2.61 BTC"), "How many coins were mined, before the pools took their fee?"),
        Field("pool_fee", Amount("a share", '"1.5 %"', Share), "What share do the pools take?"),
        Field(
            "received",
            ByName("a table of coins by pool", '{ pool-a = "2.57 BTC" }', _coins("2.57 BTC")),
            "How many coins did each pool pay out?",
            "Empty where none did.",
        ),
        Field(
            "sold",
            ByName("a table of coins by exchange", '{ exchange-a = "2.00 BTC" }', _coins("2.00 BTC")),
            "How many coins were sold on each exchange?",
            "Empty where none were.",
        ),
        Field("disclosed", _coins("2.57 BTC"), "How many coins received did the operator report to the state?"),
        Field("metered", _energy("5 420 MWh"), "How much energy did the meters count?", "MWh, not MW."),
        Field("meter_faulty", YesNo(example="false"), "Was a meter missing or out of order?"),
        Field(
            "bought_on_platform",
            _PLATFORM,
            "Was energy bought on the surplus platform?",
            "By a host's tenant: what the host bought for it.",
        ),
        Field(
            "exempt_energy",
            _energy("0 MWh", 1_000),
            "How much came from an own plant or an import contract?",
            '"0 MWh" where none did.',
        ),
        Field(
            "direct_contract",
            _energy("0 MWh", 1_000),
            "How much was bought straight from a utility?",
            '"0 MWh" where none was.',
        ),
        Field(
            "average_price",
            Amount("an energy price", '"18.50 ₸/kWh"', EnergyPrice),
            "What was the average price paid for power?",
            "Between 1 and 200 ₸/kWh.",
            in_file="Left out, it is `power_cost` by the energy of the quarter, rounded half up to the tiyn: "
            "what was metered, else the sum of `bought_on_platform`, `exempt_energy` and `direct_contract`.",
        ),
        Field(
            "power_cost",
            _money("100 270 000 ₸"),
            "How much was paid for all the energy metered?",
            in_file="With the energy it gives the average price; held against `average_price` where both are there.",
        ),
        Field("coin_value", _money("160 000 000 ₸"), "What were the coins worth on the day of receipt?"),
        Field("cost", _money("140 000 000 ₸"), "What did mining cost in all, the fee per kWh included?"),
        Field("tax_declared", _money("3 000 000 ₸"), "How much income tax was declared?"),
        Field(
            "fee", _FEE, "Do you know what was done about the fee per kWh?", "Say it as soon as the quarter is over."
        ),
        Field(
            "rebate_claimed",
            _money("0 ₸"),
            "How much credit for renewable power was claimed against the fee?",
            "Since July 2025.",
            when=_rebates_ruled,
        ),
        Field(
            "rebate_eligible",
            YesNo(),
            "Does the operator claim to be eligible for it?",
            when=_rebate_claimed,
        ),
        Field(
            "programme", _PROGRAMME, "Does it take part in the 70/30 programme?", in_file="false where it does not."
        ),
        Field(
            "log_gap_hours",
            Count("a whole number of hours", "0", 2_300),
            "For how many hours of mining is the log not complete?",
            "Hour, day and transaction are logged.",
        ),
        Field(
            "log_gap_days",
            Count("a whole number of days", "0", 92),
            "How many days of mining does the log lack?",
        ),
        Field(
            "log_gap_transactions",
            Count("a whole number of transactions", "0"),
            "How many transactions does the log lack?",
        ),
        Field(
            "report_on",
            Day("a date, or false", "2022-10-07", may_be_no=True),
            "On which day was the quarterly report to the ministry filed?",
            "Under the rules of notices, until June 2023.",
            in_file="false where it was not.",
            when=_reports_ruled,
        ),
        Field(
            "pool_reported",
            YesNo(),
            "Did the pools report every distribution to the tax authority?",
            "Since February 2026.",
            when=_pools_report,
        ),
    ),
)
