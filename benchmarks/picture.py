"""Draw the README's picture: the default national day in North + South, made by the project itself."""

import sys
from pathlib import Path

import polars as pl

from kezek.registry.zone import Zone
from kezek.reports.charts import zone_spec
from kezek.reports.drawing import svg

RESERVE_TIYN_PER_KWH = 1_800
WIDTH_PX = 720


def picture(hours: pl.DataFrame) -> str:
    """SVG of a day's hours table, on white so that it reads on dark pages too."""
    spec = zone_spec(hours=hours, zone=Zone.NORTH_SOUTH, reserve_tiyn_per_kwh=RESERVE_TIYN_PER_KWH, width_px=WIDTH_PX)
    return svg({**spec, "config": {**spec["config"], "background": "white"}})


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(picture(pl.read_parquet(Path(sys.argv[1]) / "tables" / "hours.parquet")))
