"""Run inside the peers' environment: ASSUME's uniform-price clearing on the same books; prints JSON.

The state is one seller that offers the whole supply at the reserve price; each bid is a demand order.
"""

import json
import sys
import time
from datetime import UTC, datetime

import numpy as np
from assume.common.market_objects import MarketConfig, MarketProduct
from assume.markets.clearing_algorithms.simple import PayAsClearRole
from dateutil.relativedelta import relativedelta
from dateutil.rrule import HOURLY, rrule

START, END = (datetime(2025, 10, 15, hour, tzinfo=UTC) for hour in (7, 8))
RUNS = 3


def market():
    product = MarketProduct(relativedelta(hours=1), 1, relativedelta(hours=1))
    hours = rrule(HOURLY, dtstart=START, until=END)
    return PayAsClearRole(
        MarketConfig(opening_hours=hours, market_products=[product], maximum_bid_volume=None, maximum_bid_price=None)
    )


def orders(price, quantity, supply, reserve):
    def order(bid_id, volume, price):
        return {
            "bid_id": bid_id,
            "start_time": START,
            "end_time": END,
            "only_hours": None,
            "agent_addr": bid_id,
            "node": "node0",
            "volume": volume,
            "price": price,
        }

    asked = zip(quantity.tolist(), price.tolist(), strict=True)
    return [
        order("state", supply, reserve),
        *(order(f"bid-{row}", -kwh, tiyn) for row, (kwh, tiyn) in enumerate(asked)),
    ]


def cleared(price, quantity, supply, reserve):
    """Shortest of several runs, and what came out: ASSUME writes into its orders, so each run gets new ones."""
    best = None
    for _ in range(RUNS):
        role, book = market(), orders(price, quantity, supply, reserve)
        start = time.perf_counter()
        accepted, _, meta, _ = role.clear(book, [(START, END, None)])
        seconds = time.perf_counter() - start
        best = min(seconds, best or seconds)
    fills = np.zeros(len(price), np.int64)
    for order in accepted:
        if order["volume"] < 0:
            fills[int(order["bid_id"][4:])] = -order["accepted_volume"]
    return best, meta[0]["price"], fills


if __name__ == "__main__":
    data = np.load(sys.argv[1])
    result = {}
    for count in data["counts"].tolist():
        ours = data[f"fill_{count}"]
        seconds, paid, fills = cleared(
            data[f"price_{count}"], data[f"quantity_{count}"], int(data[f"supply_{count}"]), int(data["reserve"])
        )
        result[str(count)] = {
            "seconds": seconds,
            "price": paid,
            "volume": int(fills.sum()),
            "other_fills": int((fills != ours).sum()),
        }
    print(json.dumps(result))
