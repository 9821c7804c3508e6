import pytest
from tests.spec.nudges import check_key, share_of_keys


@pytest.mark.parametrize("key", share_of_keys(0, 4))
def test_each_value_of_the_law_moves_a_case(key):
    check_key(key)
