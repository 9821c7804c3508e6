"""The balances of a day, reckoned from its table alone."""

import polars as pl


def balances_tiyn(day):
    """Add up what was posted, by account, debit positive. [tiyn]"""
    posted = day.tables["ledger"].filter(pl.col("state") == "posted")
    debited = dict(posted.group_by("debit").agg(pl.sum("amount_tiyn")).iter_rows())
    credited = dict(posted.group_by("credit").agg(pl.sum("amount_tiyn")).iter_rows())
    return {who: debited.get(who, 0) - credited.get(who, 0) for who in {**debited, **credited}}
