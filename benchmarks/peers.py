"""Run inside the peers' environment: time them on the same data and print JSON."""

import json
import sys
import time

import numpy as np


def best_of(count, action):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def merkle(leaves):
    from pymerkle import InmemoryTree

    def build():
        tree = InmemoryTree(algorithm="sha256")
        for leaf in leaves:
            tree.append_entry(leaf)

    return best_of(2, build)


def linear_program(price, quantity, supply):
    """Maximise paid value with HiGHS: one row, one column a bid."""
    import highspy

    def solve():
        model = highspy.Highs()
        model.setOptionValue("output_flag", False)
        count = len(price)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = count, 1
        lp.col_cost_ = -price.astype(np.float64)
        lp.col_lower_, lp.col_upper_ = np.zeros(count), quantity.astype(np.float64)
        lp.row_lower_, lp.row_upper_ = np.array([-highspy.kHighsInf]), np.array([float(supply)])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array([0, count])
        lp.a_matrix_.index_ = np.arange(count)
        lp.a_matrix_.value_ = np.ones(count)
        model.passModel(lp)
        model.run()
        return model

    return best_of(2, solve)


if __name__ == "__main__":
    data = np.load(sys.argv[1])
    leaves = [bytes(row) for row in data["leaves"]]
    result = {
        "pymerkle": merkle(leaves),
        "highs": linear_program(data["price"], data["quantity"], int(data["supply"])),
    }
    print(json.dumps(result))
