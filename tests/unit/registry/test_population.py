import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from kezek.facts.figures import asic_models
from kezek.registry.licence import LicenceState, Subtype
from kezek.registry.machine import (
    MachineColumns,
    fingerprint,
    owners_by_serial,
    register_digest,
    register_machines,
    running_serials,
    serial_number,
)
from kezek.registry.operator import Route
from kezek.registry.population import PopulationAssumptions, draw_operators, heavy_tailed_sizes
from kezek.registry.zone import Zone
from kezek.units.chance import Stream
from kezek.units.rounding import PPM

ON = date(2025, 10, 15)
MODELS = asic_models()
ASSUMPTIONS = PopulationAssumptions(
    operator_count=84,
    machine_count=415_000,
    subtype_2_count=28,
    route_counts={"own_renewable": 6, "imported": 6, "own_generation": 4},
    active_share_ppm={
        "grid_surplus": 100_000,
        "hosted": 100_000,
        "own_renewable": 350_000,
        "imported": 350_000,
        "own_generation": 350_000,
    },
    west_share_ppm=120_000,
    substation_share_ppm=250_000,
    oldest_release="2019-01",
    efficiency_max_mj_per_th=60_000,
    pool_ids=("pool-altai", "pool-tengri"),
)


def drawn(seed, assumptions=ASSUMPTIONS, on=ON):
    return draw_operators(assumptions=assumptions, models=MODELS, on=on, stream=Stream(seed, "fleet"))


@pytest.fixture(params=[1, 2, 20251015, 2**40])
def fleet(request):
    return drawn(request.param)


@pytest.fixture(scope="module")
def register():
    return register_machines(operators=drawn(1), models=MODELS, seed=1)


def test_the_published_counts_add_up(fleet):
    assert len(fleet) == 84
    assert sum(operator.registered_count for operator in fleet) == 415_000
    assert len({operator.operator_id for operator in fleet}) == 84
    assert Counter(operator.licence.subtype for operator in fleet) == {Subtype.I: 56, Subtype.II: 28}


def test_each_route_has_its_operators(fleet):
    assert Counter(operator.route for operator in fleet) == {
        Route.GRID_SURPLUS: 40,
        Route.HOSTED: 28,
        Route.OWN_RENEWABLE: 6,
        Route.IMPORTED: 6,
        Route.OWN_GENERATION: 4,
    }


def test_no_group_runs_more_machines_than_it_registered(fleet):
    for operator in fleet:
        for group in operator.groups:
            assert 0 <= group.active_count <= group.registered_count
            assert group.operator_id == operator.operator_id


def test_each_operator_runs_the_share_of_its_route(fleet):
    for operator in fleet:
        active = sum(group.active_count for group in operator.groups)
        expected = operator.registered_count * ASSUMPTIONS.active_share_ppm[operator.route] / PPM
        assert abs(active - expected) <= 0.5


def test_every_tenant_is_subtype_two_with_a_grid_host_in_its_zone(fleet):
    by_id = {operator.operator_id: operator for operator in fleet}
    tenants = [operator for operator in fleet if operator.licence.subtype is Subtype.II]
    assert {operator.route for operator in tenants} == {Route.HOSTED}
    for tenant in tenants:
        host = by_id[tenant.host_id]
        assert (host.route, host.zone, host.licence.subtype) == (Route.GRID_SURPLUS, tenant.zone, Subtype.I)
        assert tenant.has_substation == host.has_substation
    assert {operator.host_id for operator in fleet if operator not in tenants} == {""}


def test_a_host_can_carry_its_own_machines_and_those_of_its_tenants(fleet):
    for host in fleet:
        tenants = [operator for operator in fleet if operator.host_id == host.operator_id]
        standing = [group for operator in [host, *tenants] for group in operator.groups]
        assert sum(group.registered_count * group.power_w for group in standing) <= host.site_power_w


def test_subtype_one_on_the_grid_bids_and_nobody_else(fleet):
    assert sum(operator.route is Route.GRID_SURPLUS for operator in fleet) == 40


def test_models_are_on_the_market_and_neither_too_old_nor_too_hungry(fleet):
    for operator in fleet:
        assert 3 <= len(operator.groups) <= 6
        for group in operator.groups:
            model = MODELS[group.model_index]
            assert "2019-01" <= model.released_on <= "2025-07"
            assert group.efficiency_mj_per_th <= 60_000
            assert (group.power_w, group.hashrate_ghs) == (model.power_w, model.hashrate_ghs)


def test_the_most_efficient_machines_run_first(fleet):
    for operator in fleet:
        efficiencies = [group.efficiency_mj_per_th for group in operator.groups]
        assert efficiencies == sorted(efficiencies)
        idle_seen = False
        for group in operator.groups:
            assert not (idle_seen and group.active_count)
            idle_seen = idle_seen or group.active_count < group.registered_count


def test_the_west_holds_about_its_share_of_the_grid_machines(fleet):
    grid = [operator for operator in fleet if operator.route is Route.GRID_SURPLUS]
    west = sum(operator.registered_count for operator in grid if operator.zone is Zone.WEST)
    share = west / sum(operator.registered_count for operator in grid)
    assert 0.10 < share <= 0.12


@pytest.mark.parametrize("on", [date(2023, 7, 1), date(2024, 2, 29), ON, date(2026, 4, 30)])
def test_every_licence_is_active_on_the_date_and_none_older_than_the_law(on):
    for operator in drawn(3, on=on):
        assert operator.licence.state_on(on) is LicenceState.ACTIVE
        assert operator.licence.term.from_on >= date(2023, 4, 1)
        assert operator.licence.term.until_on.year == operator.licence.term.from_on.year + 3


def test_the_same_seed_draws_the_same_fleet_and_another_another():
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_one_more_pool_moves_nothing_but_pools():
    wider = drawn(1, replace(ASSUMPTIONS, pool_ids=(*ASSUMPTIONS.pool_ids, "pool-sairan")))
    assert [replace(operator, pool_id="") for operator in wider] == [
        replace(operator, pool_id="") for operator in drawn(1)
    ]


def test_sizes_fall_by_rank_and_add_up():
    sizes = heavy_tailed_sizes(total=415_000, count=84, stream=Stream(5, "sizes"))
    assert sum(sizes) == 415_000
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 10 * sizes[-1] > 0


def test_serial_numbers_do_not_repeat_in_the_national_register(register):
    assert len(register.serials) == len(set(register.serials)) == 415_000
    assert len(set(register.fingerprints)) == 415_000


def test_serial_numbers_do_not_repeat_even_for_one_maker_and_release():
    serials = {serial_number(seed=7, running_number=n, make="Bitmain", released_on="2021-05") for n in range(415_000)}
    assert len(serials) == 415_000


def test_the_register_lists_what_each_operator_registered_and_runs(register):
    fleet = drawn(1)
    registered = {operator.operator_id: operator.registered_count for operator in fleet}
    active = {operator.operator_id: sum(group.active_count for group in operator.groups) for operator in fleet}
    assert Counter(register.operator_ids) == registered
    running = Counter(who for who, runs in zip(register.operator_ids, register.active, strict=True) if runs)
    assert running == Counter(active)
    assert len(register.fingerprints) == len(register.model_indices) == len(register.active) == 415_000


def test_a_fingerprint_is_that_of_serial_make_model_and_owner(register):
    model = MODELS[register.model_indices[0]]
    assert register.fingerprints[0] == fingerprint(
        serial=register.serials[0], make=model.make, model=model.model, owner_id=register.operator_ids[0]
    )


@pytest.mark.parametrize("field", ["serial", "make", "model", "owner_id"])
def test_a_fingerprint_changes_with_each_of_its_fields(field):
    machine = {"serial": "BIT2105-0000002A", "make": "Bitmain", "model": "S19 Pro 110T", "owner_id": "OP-001"}
    changed = machine | {field: machine[field] + "X"}
    assert fingerprint(**changed) != fingerprint(**machine)
    assert len(fingerprint(**machine)) == 20


def test_the_register_answers_with_the_owner_of_each_serial_number(register):
    owners = owners_by_serial(register)
    assert len(owners) == 415_000
    assert owners[register.serials[7]] == register.operator_ids[7]
    assert "NOT-THERE" not in owners


def test_the_running_machines_are_listed_under_their_owner(register):
    running = running_serials(register)
    assert sum(map(len, running.values())) == sum(register.active)
    owners = owners_by_serial(register)
    assert all(owners[serial] == owner for owner, serials in running.items() for serial in serials)


def test_the_digest_of_the_register_changes_with_a_serial_number_and_with_an_owner():
    one = MachineColumns(["A-1", "A-2"], ["", ""], ["OP-001", "OP-002"], [0, 0], [True, False])
    # SHA-256 of the two lines "A-1,OP-001" and "A-2,OP-002".
    assert register_digest(one) == hashlib.sha256(b"A-1,OP-001\nA-2,OP-002\n").hexdigest()
    moved = replace(one, operator_ids=["OP-001", "OP-001"])
    relabelled = replace(one, serials=["A-1", "A-3"])
    assert len({register_digest(register) for register in (one, moved, relabelled)}) == 3
