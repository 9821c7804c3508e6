"""Fixtures for every test that runs on a store: `place` is a journal's place on SQLite and on PostgreSQL in turn."""

import pytest
from tests.stores.place import Place
from tests.stores.postgres import Cluster, binaries, ordinary_user


@pytest.fixture(scope="session")
def postgres_cluster():
    """A server of this process's own, started when the first test asks for it."""
    folder = binaries()
    if folder is None:
        pytest.skip("there is no PostgreSQL server here: apt-get install postgresql")
    import os

    if os.geteuid() == 0 and ordinary_user() is None:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def sqlite_place(tmp_path):
    place = Place("sqlite", str(tmp_path / "journal.db"), tmp_path)
    yield place
    place.close()


@pytest.fixture
def postgres_place(tmp_path, postgres_cluster):
    url = postgres_cluster.fresh()
    place = Place("postgres", url, tmp_path)
    yield place
    place.close()
    postgres_cluster.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request):
    return request.getfixturevalue(f"{request.param}_place")


@pytest.fixture
def store(place):
    """An open store without a journal."""
    return place.open()


@pytest.fixture
def log(place, store):
    """An open store with a journal that was just begun."""
    place.begin(store)
    return store
