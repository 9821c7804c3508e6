"""Run inside the peers' environment: OpenFisca on the same formulas and data; prints JSON.

Tax on profit (the greater of value less cost and nothing, times 15 %) and the fee of 2023 in 25 bands.
"""

import json
import sys

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable
from peers import best_of

MINER = build_entity(key="miner", plural="miners", label="Miner", is_person=True)


def variable(name, formula=None):
    body = {"value_type": float, "entity": MINER, "definition_period": DateUnit.MONTH, "label": name}
    if formula:
        body["formula"] = formula
    return type(name, (Variable,), body)


def tax(miner, period):
    return np.floor(np.maximum(miner("coin_value", period) - miner("cost", period), 0) * 0.15 + 0.5)


def fee(miner, period):
    price = miner("price", period)
    rate = np.select([price < limit for limit in range(100, 2_401, 100)], list(range(2_500, 100, -100)), 100)
    return np.floor(miner("energy", period) * rate / 1_000 + 0.5)


def system():
    built = TaxBenefitSystem([MINER])
    for name in ("coin_value", "cost", "price", "energy"):
        built.add_variable(variable(name))
    built.add_variable(variable("tax", tax))
    built.add_variable(variable("fee", fee))
    return built


def simulation(built, columns):
    count = len(next(iter(columns.values())))
    run = SimulationBuilder().build_default_simulation(built, count=count)
    for name, column in columns.items():
        run.set_input(name, "2023-06", column)
    return run


def asked(built, name, columns):
    return best_of(5, lambda: simulation(built, columns).calculate(name, "2023-06"))


def traced(built, columns):
    """One question with its trace, as an explained rule is."""

    def ask():
        run = simulation(built, columns)
        run.trace = True
        return run.calculate("tax", "2023-06")

    return best_of(50, ask)


if __name__ == "__main__":
    data = np.load(sys.argv[1])
    built = system()
    money = {"coin_value": data["coin_value"], "cost": data["cost"]}
    exact = (np.maximum(data["coin_value"] - data["cost"], 0) * 150_000 + 500_000) // 1_000_000
    theirs = simulation(built, money).calculate("tax", "2023-06")
    result = {
        "openfisca_one": traced(built, {name: column[:1] for name, column in money.items()}),
        "openfisca_tax": asked(built, "tax", money),
        "openfisca_fee": asked(built, "fee", {"price": data["price_2023"], "energy": data["energy"]}),
        "openfisca_wrong": int((np.abs(theirs.astype(np.float64) - exact) >= 100).sum()),
    }
    print(json.dumps(result))
