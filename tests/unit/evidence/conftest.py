import pytest

from kezek.evidence.log import Log
from kezek.evidence.signature import Signer


@pytest.fixture
def signer():
    return Signer("kezek.example/log", bytes(range(32)))


@pytest.fixture
def log():
    log = Log()
    log.extend({"event": "lot.bought", "lot": f"L-{n}", "price_tiyn_per_kwh": 1800 + n} for n in range(11))
    return log
