"""The list of what no case can notice is honest: it names what exists; every key that is asked is judged."""

import re

from tests.spec.nudges import AMOUNTS, CONSEQUENCES, UNREAD, UNSEEN, excused, judged_keys, nudges
from tests.spec.specs import case_specs, finding_of, packaged_lenses, timeline_specs
from tests.spec.thresholds import threshold_specs

from kezek.duties.check import DUTIES
from kezek.law.book import load_book


def test_every_excuse_names_a_change_that_exists():
    names = [name for key in judged_keys() for name in nudges(key)]
    assert [pattern for pattern in UNSEEN if not any(re.match(pattern, name) for name in names)] == []
    assert set(UNREAD) <= set(judged_keys())


def test_few_changes_are_excused():
    changes = [(key, name) for key in judged_keys() for name in nudges(key)]
    excuses = [name for key, name in changes if excused(key, name)]
    assert len(changes) > 500
    assert len(excuses) * 12 < len(changes)


def test_every_key_with_a_value_that_a_duty_asks_is_nudged():
    asked = set()
    for spec in (*case_specs(), *threshold_specs(), *timeline_specs()):
        if spec.duty:
            asked |= {key for key, _, _ in finding_of(spec, packaged_lenses()).trace.asked}
    assert asked - set(judged_keys()) == set()
    never = set(judged_keys()) - asked - {*CONSEQUENCES, *AMOUNTS}
    assert never <= set(UNREAD), "a duty declares that it reads this, and no case makes it ask"


def test_every_key_of_a_penalty_is_nudged_or_for_people():
    """Ranges in dollars, the factor of repetition and prosecution enter no amount: S2's indices stand for them."""
    penalties = {key for key in load_book().quantities if key.startswith("penalty.")}
    assert penalties - set(CONSEQUENCES) == {
        "penalty.digital_asset_law_usd_cents_max",
        "penalty.digital_asset_law_usd_cents_min",
        "penalty.repeat_factor",
        "penalty.unlicensed_prosecution",
    }


def test_each_duty_declares_every_key_it_asks():
    undeclared = {}
    for spec in (*case_specs(), *threshold_specs(), *timeline_specs()):
        if spec.duty:
            asked = {key for key, _, _ in finding_of(spec, packaged_lenses()).trace.asked}
            extra = asked - set(DUTIES[spec.duty].reads)
            if extra:
                undeclared.setdefault(spec.duty, set()).update(extra)
    assert undeclared == {}
