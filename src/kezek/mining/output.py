"""From energy to hashes to coins: what machines do with the power they get."""

from kezek.units.rounding import PPM, share_of


def gigahashes_of(*, energy_wh: int, power_w: int, hashrate_ghs: int, overhead_ppm: int) -> int:
    """Compute the work that metered energy yields on one model, rounded down. [GH]

    Args:
        energy_wh: Metered energy, cooling and site losses included. [Wh]
        power_w: Power of one machine. [W]
        hashrate_ghs: Hash rate of one machine. [GH/s]
        overhead_ppm: Cooling and losses on top of the machine's own power. [ppm]

    >>> gigahashes_of(energy_wh=3_250, power_w=3_250, hashrate_ghs=110_000, overhead_ppm=0)
    396000000
    """
    return energy_wh * 3_600 * hashrate_ghs * PPM // ((PPM + overhead_ppm) * power_w)


def energy_for_wh(*, count: int, power_w: int, overhead_ppm: int) -> int:
    """Compute the energy that machines draw in one hour, overhead included, rounded down. [Wh]"""
    return count * power_w * (PPM + overhead_ppm) // PPM


def least_energy_wh(*, gigahashes: int, efficiency_mj_per_th: int) -> int:
    """Compute the least energy that a number of hashes takes at a given efficiency, rounded down. [Wh]

    1 mJ/TH is 1e-6 J/GH; 1 Wh is 3,600 J.
    """
    return gigahashes * efficiency_mj_per_th // (3_600 * 10**6)


def after_pool_fee_sat(*, gross_sat: int, fee_ppm: int) -> int:
    """Take the pool's fee off a payout; the fee is rounded half up. [sat]"""
    return gross_sat - share_of(gross_sat, fee_ppm)
