"""How much and when, exactly?

Whole numbers in the smallest unit (tiyn, satoshi, Wh, W, GH/s), dates of Kazakhstan, hours of a delivery day,
rounding with a name, chance drawn from a seed, and the one shape of a refusal that a user can act on.
"""
