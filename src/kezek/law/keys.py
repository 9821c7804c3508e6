"""A symbol for every key of the law books, by kind of content: an editor's "find usages" shows who asks what.

The kind decides how a snapshot may be asked: `law.amount` takes an `Amount`, `law.flag` a `Flag`; the type checker
refuses the rest. A key is a plain text as well, so that it prints and compares as the book writes it.
"""


class Amount(str):
    """Key of a whole number of the quantity's unit."""

    __slots__ = ()


class Banded(str):
    """Key of a scale: an amount that depends on another."""

    __slots__ = ()


class Limit(str):
    """Key of an amount that may be known not to be limited."""

    __slots__ = ()


class Word(str):
    """Key of a word, a date or a clock time."""

    __slots__ = ()


class Flag(str):
    """Key of a flag."""

    __slots__ = ()


class Words(str):
    """Key of a list of words."""

    __slots__ = ()


Key = Amount | Banded | Limit | Word | Flag | Words
"""Key of anything."""

COMPLIANCE_BASE = Word("compliance.base")
COMPLIANCE_RATE_PPM = Amount("compliance.rate_ppm")
ENERGY_EXEMPT_ROUTES = Words("energy.exempt_routes")
ENERGY_NEW_MINE_MAX_W = Amount("energy.new_mine_max_w")
ENERGY_NEW_MINES_TOTAL_MAX_W = Amount("energy.new_mines_total_max_w")
ENERGY_PLATFORM_ONLY = Flag("energy.platform_only")
ENERGY_PURCHASE_MAX_KWH = Limit("energy.purchase_max_kwh")
ENERGY_SURPLUS_ONLY = Flag("energy.surplus_only")
EQUIPMENT_REGISTERED_COUNT = Amount("equipment.registered_count")
EQUIPMENT_REGISTRAR = Word("equipment.registrar")
EQUIPMENT_REGISTRATION_REQUIRED = Flag("equipment.registration_required")
FEE_PAYER = Word("fee.payer")
FEE_PAYMENT_DUE = Word("fee.payment_due")
FEE_PERIOD = Word("fee.period")
FEE_RATE_GENERAL = Banded("fee.rate.general")
FEE_RATE_NO_METER = Amount("fee.rate.no_meter")
FEE_RATE_OWN_GENERATION = Amount("fee.rate.own_generation")
FEE_RATE_OWN_RENEWABLE = Amount("fee.rate.own_renewable")
FEE_RETURN_DUE = Word("fee.return_due")
FEE_RETURN_REQUIRED = Flag("fee.return_required")
FEE_SEVERAL_RATES = Word("fee.several_rates")
FEE_VOLUME = Word("fee.volume")
LICENCE_ACTIVE_COUNT = Amount("licence.active_count")
LICENCE_APPLICATION_STATEMENTS = Words("licence.application_statements")
LICENCE_AUTHORITY = Word("licence.authority")
LICENCE_FEE_MCI_SUBTYPE_1 = Amount("licence.fee_mci.subtype_1")
LICENCE_FEE_MCI_SUBTYPE_2 = Amount("licence.fee_mci.subtype_2")
LICENCE_FEE_USD_CENTS_PER_MW = Amount("licence.fee_usd_cents_per_mw")
LICENCE_MAX_COUNT = Limit("licence.max_count")
LICENCE_REQUIRED = Flag("licence.required")
LICENCE_REVIEW_BUSINESS_DAYS = Amount("licence.review_business_days")
LICENCE_STEPS_BEFORE = Words("licence.steps_before")
LICENCE_SUBTYPES = Words("licence.subtypes")
LICENCE_SUSPENSION_MONTHS_MAX = Amount("licence.suspension_months_max")
LICENCE_SUSPENSION_MONTHS_MIN = Amount("licence.suspension_months_min")
LICENCE_TAX_PREPAYMENT_PPM = Amount("licence.tax_prepayment_ppm")
LICENCE_TERM_YEARS = Amount("licence.term_years")
MARKET_BIDDER_SUBTYPES = Words("market.bidder_subtypes")
MARKET_CLOSES = Word("market.closes")
MARKET_COUNTERPARTY = Word("market.counterparty")
MARKET_OPENS = Word("market.opens")
MARKET_ORDER_WITHIN_PREPAID = Flag("market.order_within_prepaid")
MARKET_PREPAYMENT_BY = Word("market.prepayment_by")
MARKET_PRICE_FLOOR_RULE = Word("market.price_floor_rule")
MARKET_PRICE_FLOOR_TIYN_PER_KWH = Amount("market.price_floor_tiyn_per_kwh")
MARKET_PRICE_RULE = Word("market.price_rule")
MARKET_PRICE_TICK_TIYN_PER_KWH = Amount("market.price_tick_tiyn_per_kwh")
MARKET_SMALLEST_ORDER_KWH = Amount("market.smallest_order_kwh")
MARKET_TIE_RULE = Word("market.tie_rule")
MARKET_VOLUME_BY = Word("market.volume_by")
MARKET_ZONES = Words("market.zones")
MCI_TIYN = Amount("mci.tiyn")
PENALTY_DIGITAL_ASSET_LAW_MCI = Amount("penalty.digital_asset_law_mci")
PENALTY_DIGITAL_ASSET_LAW_MCI_MAX = Amount("penalty.digital_asset_law_mci_max")
PENALTY_DIGITAL_ASSET_LAW_MCI_MIN = Amount("penalty.digital_asset_law_mci_min")
PENALTY_DIGITAL_ASSET_LAW_USD_CENTS_MAX = Amount("penalty.digital_asset_law_usd_cents_max")
PENALTY_DIGITAL_ASSET_LAW_USD_CENTS_MIN = Amount("penalty.digital_asset_law_usd_cents_min")
PENALTY_NONDISCLOSURE_PPM = Amount("penalty.nondisclosure_ppm")
PENALTY_UNDERSALE = Word("penalty.undersale")
PENALTY_UNDERSALE_PPM = Amount("penalty.undersale_ppm")
PENALTY_UNLICENSED_MAX_YEARS = Amount("penalty.unlicensed_max_years")
POOL_ACCREDITATION_REQUIRED = Flag("pool.accreditation_required")
POOL_ACCREDITED_COUNT = Amount("pool.accredited_count")
POOL_DISTRIBUTION_REPORT_REQUIRED = Flag("pool.distribution_report_required")
PRESET_RIG_W = Amount("preset.rig_w")
PRESET_TARIFF_USD_CENTS_PER_KWH = Amount("preset.tariff_usd_cents_per_kwh")
PROGRAMME_70_30_BASE = Word("programme_70_30.base")
PROGRAMME_70_30_GRID_SHARE_PPM = Amount("programme_70_30.grid_share_ppm")
PROGRAMME_70_30_MINER_SHARE_PPM = Amount("programme_70_30.miner_share_ppm")
PROGRAMME_70_30_STATUS = Word("programme_70_30.status")
REBATE_RENEWABLE_FEE_CREDIT_KIND = Word("rebate.renewable_fee_credit_kind")
REBATE_RENEWABLE_FEE_CREDIT_PPM = Amount("rebate.renewable_fee_credit_ppm")
RECORDS_COINS_DISCLOSED = Flag("records.coins_disclosed")
RECORDS_DETAIL = Words("records.detail")
SALE_CARRY_OVER = Flag("sale.carry_over")
SALE_DEADLINE = Word("sale.deadline")
SALE_DENOMINATOR = Word("sale.denominator")
SALE_PERIOD = Word("sale.period")
SALE_SHARE_PPM = Amount("sale.share_ppm")
SALE_VENUE_LICENSED_ONLY = Flag("sale.venue_licensed_only")
TAX_COIN_VALUE_ON = Word("tax.coin_value_on")
TAX_INCOME_BASE = Word("tax.income_base")
TAX_INCOME_RATE_PPM = Amount("tax.income_rate_ppm")
VAT_COIN_SALE_EXEMPT = Flag("vat.coin_sale_exempt")
VAT_EARLY_EXIT_RATE_PPM = Amount("vat.early_exit_rate_ppm")
VAT_IMPORT_EXEMPT = Flag("vat.import_exempt")
VAT_IMPORT_LOCK_YEARS = Amount("vat.import_lock_years")
VAT_RATE_PPM = Amount("vat.rate_ppm")
