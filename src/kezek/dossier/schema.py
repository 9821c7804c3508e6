"""The schema of an operator file: every section and key, with the question that it answers."""

from enum import StrEnum

from kezek.dossier.amount import Amount
from kezek.dossier.field import Field, Section, Tables, Values
from kezek.dossier.kind import ByName, Count, Day, Names, Number, Text, Word, YesNo
from kezek.dossier.schema_quarter import QUARTER
from kezek.duties.facts import Departure, HolderKind, Size
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.units.quantity import HashRate, Money, Power

DOCUMENTS = (
    "association_registration",
    "energy_forecast",
    "peak_mitigation_plan",
    "technical_plan",
    "aml_kyc_audit",
)
"""Steps and papers before a licence, by the names of the law book."""
SELF, NOBODY = "self", "nobody"


def _word(words: type[StrEnum], example: StrEnum | None = None) -> Word:
    known = [f'"{word}"' for word in words]
    return Word(f"one of {', '.join(known)}", f'"{example}"' if example else known[0], words)


_NO = YesNo(example="false")


def _money(example: str) -> Amount:
    return Amount("money", f'"{example}"', Money)


_POWER = Amount("power", '"10 MW"', Power)
_TIYN_PER_USD = Amount("money for one dollar", '"520 ₸"', Money, least=10_000)


def _submitted(_file: Values, own: Values) -> bool:
    return bool(own.get("submitted"))


def _left(_file: Values, own: Values) -> bool:
    return bool(own.get("left_on"))


def _ended(_file: Values, own: Values) -> bool:
    return bool(own.get("ended_on"))


def _paid(_file: Values, own: Values) -> bool:
    return bool(own.get("fee_paid_on"))


def _unlicensed(_file: Values, own: Values) -> bool:
    return own.get("has_licence") is not True


OPERATOR = Section(
    name="operator",
    title="The operator",
    note="Needed. Only `id` must be there; each thing left out stays unknown, and what depends on it undetermined.",
    opening="",
    needed=True,
    fields=(
        Field(
            "id",
            Text(example='"OP-001"'),
            "What is the operator called in your files?",
            "Any short name; the report shows it.",
            needed=True,
        ),
        Field(
            "as_of",
            Day(example="2025-12-10"),
            "On which day shall the duties be judged?",
            "Deadlines after this day have not passed yet.",
            in_file="--as-of overrules it; one of the two must be given.",
        ),
        Field("name", Text(example='"Saryarqa Mining LLP"'), "What is the name of the business?"),
        Field(
            "bin",
            Number(example='"230540999010"'),
            "What is its BIN, or the IIN of a person?",
            "Twelve digits; the check digit is worked out again.",
        ),
        Field("kind", _word(HolderKind, HolderKind.KAZAKH_LEGAL_ENTITY), "What is the operator in law?"),
        Field(
            "size",
            _word(Size, Size.MEDIUM),
            "How large is the business?",
            "The code grades fines by it, but the amounts inside the range of a fine are not known.",
        ),
        Field(
            "route",
            _word(Route),
            "Where does its power come from?",
            "grid_surplus: bought on the platform; own_renewable, own_generation: own plant; imported: own import "
            "contract; hosted: machines in somebody else's data centre, which is subtype II.",
        ),
        Field("has_data_centre", YesNo(), "Does it own, or lawfully hold, a mining data centre?"),
        Field("power", _POWER, "What power does the mine have at most?", "MW, not MWh."),
        Field(
            "only_hosts",
            _NO,
            "Does it only house machines of others, and mine nothing itself?",
            "Whoever mines pays the fee; a pure host does not.",
            in_file="false where it mines as well, or only mines; without this key nobody knows.",
        ),
        Field("new_mine", _NO, "Was the mine new under the draft of October 2021?"),
        Field(
            "dollar_rate",
            _TIYN_PER_USD,
            "How many tenge does a dollar cost, if amounts are written in dollars?",
            "Amounts in USD are turned into tenge by it.",
        ),
        Field(
            "has_licence",
            YesNo(),
            "Does it hold a mining licence, or did it ever?",
            in_file="false says that there never was one; without this key and without [[licence]] nobody knows.",
        ),
        Field("wanted_subtype", _word(Subtype), "Which subtype of licence does it want?", when=_unlicensed),
        Field(
            "has_notice",
            YesNo(),
            "Did it mine under the rules of notices, before licences replaced them in June 2023?",
            in_file="false says that it did not, or told nobody.",
        ),
        Field("has_imports", YesNo(), "Did it import machines?"),
        Field("has_replacements", YesNo(), "Did it replace machines on the register by others?"),
        Field("was_inspected", YesNo(), "Did an inspection look at machines at work?"),
    ),
)

LICENCE = Section(
    name="licence",
    title="Licences",
    note="One for each licence held, also expired ones.",
    opening="Do you want to add a licence?",
    many=True,
    gate="has_licence",
    fields=(
        Field("number", Text(example='"DM-I-0042"'), "What is its number?", needed=True),
        Field(
            "subtype",
            _word(Subtype),
            "Which subtype is it?",
            "I holds a data centre; II works in somebody else's.",
            needed=True,
        ),
        Field("from", Day(example="2023-06-01"), "From which day is it valid?", needed=True),
        Field(
            "until",
            Day(example="2026-06-01"),
            "Which is the first day on which it is no longer valid?",
            "The day after the last.",
            needed=True,
        ),
        Field(
            "suspensions",
            Tables(
                "a list of tables",
                "[{ from = 2024-07-10, until = 2024-08-10 }]",
                (
                    Field(
                        "from", Day(example="2024-07-10"), "From which day was the licence suspended?", needed=True
                    ),
                    Field(
                        "until",
                        Day(example="2024-08-10"),
                        "Which was the first day on which it was valid again?",
                        needed=True,
                    ),
                ),
            ),
            "Was it ever suspended?",
            "Left out where it never was.",
        ),
        Field(
            "terminated_on",
            Day("a date, or false", "false", may_be_no=True),
            "On which day was it ended before its time?",
            "From that day on it is worth nothing.",
            in_file="false, or left out, where it never was.",
        ),
    ),
)

APPLICATION = Section(
    name="application",
    title="The application for the licence",
    note="What was done before the licence; leave the section out if you do not know.",
    opening="Do you want to say what was done to apply for a licence?",
    fields=(
        Field(
            "submitted",
            Day("a date, or false", "2023-04-20", may_be_no=True),
            "On which day was the application handed in?",
            in_file="false as long as it was not.",
            needed=True,
        ),
        Field(
            "decided",
            Day("a date, or false", "2023-05-12", may_be_no=True),
            "On which day was it decided?",
            in_file="false while it is open.",
            when=_submitted,
            then_needed=True,
        ),
        Field(
            "fee_paid_on",
            Day("a date, or false", "2023-04-18", may_be_no=True),
            "On which day was the fee of the licence paid?",
            in_file="false as long as it was not.",
            needed=True,
        ),
        Field(
            "fee_paid",
            _money("6 900 000 ₸"),
            "How much was paid for the licence?",
            when=_paid,
        ),
        Field("prepaid_tax", _money("0 ₸"), "How much tax was paid in advance for the licence?"),
        Field("power", _POWER, "For what power was the application?", "MW, not MWh."),
        Field("dollar_rate", _TIYN_PER_USD, "How many tenge did a dollar cost on the day of payment?"),
        Field(
            "documents",
            ByName(
                "a table of dates, false where a step was not done",
                "{ technical_plan = 2023-04-02, aml_kyc_audit = false }",
                Day(may_be_no=True),
                DOCUMENTS,
            ),
            "Which steps before the application were done, and when?",
            f"Steps: {', '.join(DOCUMENTS)}.",
        ),
    ),
)

NOTICE = Section(
    name="notice",
    title="Notices of the rules before licences",
    note="For mining before June 2023, when the ministry was told of its start and its end.",
    opening="",
    gate="has_notice",
    fields=(
        Field(
            "started_on", Day(example="2022-07-01", any_age=True), "On which day did the mining begin?", needed=True
        ),
        Field(
            "notified_on",
            Day("a date, or false", "2022-05-25", may_be_no=True, any_age=True),
            "On which day was the ministry told of it?",
            needed=True,
        ),
        Field(
            "ended_on",
            Day("a date, or false", "2022-12-31", may_be_no=True),
            "On which day did the mining end?",
            in_file="false, or left out, while it goes on.",
        ),
        Field(
            "end_notified_on",
            Day("a date, or false", "2023-01-08", may_be_no=True),
            "On which day was the ministry told of the end?",
            when=_ended,
            then_needed=True,
        ),
    ),
)

LISTS = Section(
    name="lists",
    title="Lists of the state",
    note="Which pools and exchanges the state had on its lists; Kezek ships none.",
    opening="Do you know which pools are accredited and which exchanges are licensed?",
    fields=(
        Field(
            "accredited_pools",
            Names("a list of names", '["pool-a", "pool-b"]'),
            "Which pools are accredited?",
            "By the names used in each quarter.",
        ),
        Field(
            "licensed_exchanges",
            Names("a list of names", '["exchange-a"]'),
            "Which exchanges are licensed?",
            "By the names used in each quarter.",
        ),
        Field(
            "register_digest",
            Text(example='"sha256 of the extract"'),
            "What is the digest of the register's extract, if you have one?",
            "Shows which state of the register gave the answers in [[sighting]].",
        ),
    ),
)

MACHINE = Section(
    name="machine",
    title="Machines",
    note="One for each model. The least energy that the coins can have taken is worked out from the best of them.",
    opening="Do you want to add a model of machine that runs?",
    many=True,
    fields=(
        Field(
            "model",
            Text(example='"Antminer S19j Pro 100T"'),
            "What model is it?",
            "Power and hash rate of models that Kezek knows need not be given.",
            needed=True,
        ),
        Field("count", Count(example="3000"), "How many of them run?"),
        Field("power", Amount("power", '"3.05 kW"', Power, least=1), "What power does one draw?"),
        Field("hashrate", Amount("a hash rate", '"100 TH/s"', HashRate, least=1), "What is the hash rate of one?"),
    ),
)

SIGHTING = Section(
    name="sighting",
    title="Machines seen at work",
    note="One for each machine that an inspection looked at, with what the register said.",
    opening="Do you want to add a machine that was looked at?",
    many=True,
    gate="was_inspected",
    fields=(
        Field("serial", Text(example='"KZ19-000123"'), "What is its serial number?", needed=True),
        Field("seen_on", Day(example="2025-08-14"), "On which day was it seen at work?", needed=True),
        Field(
            "registered_to",
            Text(example=f'"{SELF}"'),
            "To whom is it registered?",
            f'"{SELF}" is this operator, "{NOBODY}" where the register does not hold it, else the owner\'s id.',
            needed=True,
        ),
        Field("fingerprint_matches", YesNo(), "Does the register's fingerprint of it match?"),
        Field("at_licensed_site", YesNo(), "Does the site stand in the licence?"),
    ),
)

IMPORT = Section(
    name="import",
    title="Imported machines",
    note="One for each consignment, or for each machine of it.",
    opening="Do you want to add an import?",
    many=True,
    gate="has_imports",
    fields=(
        Field(
            "serial",
            Text(example='"GTD-2023-0117"'),
            "What is the serial number, or that of the customs declaration?",
            needed=True,
        ),
        Field("imported_on", Day(example="2023-05-05", any_age=True), "On which day was it imported?", needed=True),
        Field("vat_exempt", YesNo(), "Was it free of VAT, for being kept five years?"),
        Field("customs_value", _money("850 000 000 ₸"), "What value was VAT taken of?"),
        Field("vat_paid", _money("102 000 000 ₸"), "How much VAT was paid on import?"),
        Field(
            "left_on",
            Day("a date, or false", "2025-08-20", may_be_no=True, any_age=True),
            "On which day did it leave the books, the site or the country?",
            in_file="false while it is there.",
            needed=True,
        ),
        Field("departure", _word(Departure), "How did it leave?", when=_left),
        Field("on_kz_balance_sheet", YesNo(), "Does a Kazakh entity have it on its books?"),
    ),
)

REPLACEMENT = Section(
    name="replacement",
    title="Replaced machines",
    note="One for each machine that took the place of another.",
    opening="Do you want to add a replacement?",
    many=True,
    gate="has_replacements",
    fields=(
        Field("old_serial", Text(example='"KZ17-000001"'), "Which machine went, by serial?", needed=True),
        Field("new_serial", Text(example='"KZ21-000001"'), "Which one came, by serial?", needed=True),
        Field("replaced_on", Day(example="2025-08-01"), "On which day?", needed=True),
        Field(
            "excluded_on",
            Day("a date, or false", "2025-08-01", may_be_no=True),
            "On which day was the old one taken off the register?",
            in_file="false where it was not.",
            needed=True,
        ),
        Field(
            "registered_on",
            Day("a date, or false", "2025-08-01", may_be_no=True),
            "On which day was the new one put on the register?",
            in_file="false where it was not.",
            needed=True,
        ),
    ),
)

SECTIONS = (OPERATOR, LICENCE, APPLICATION, NOTICE, LISTS, MACHINE, SIGHTING, IMPORT, REPLACEMENT, QUARTER)
"""Sections of a file, in the order in which they are written and asked."""
