"""The two zones of the power system in which surplus is declared and sold."""

from enum import StrEnum


class Zone(StrEnum):
    """A zone of the surplus market."""

    NORTH_SOUTH = "north_south"
    WEST = "west"
