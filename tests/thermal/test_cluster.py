"""A real cluster on this machine draws the same map, also when one of its workers is killed half-way."""

import os
import signal

import pytest
from fakes.stored_flight import READ, store

from thermal.mapmaker import MapParams, make_map
from thermal.work.cluster import Cluster, ClusterError

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture(scope="module")
def frames(made, tmp_path_factory):
    flight = made.fly(made.Scene(seed=5), lines=1, per_line=6)
    return store(flight.frames.values(), tmp_path_factory.mktemp("공유 폴더") / "열화상")


@pytest.fixture(scope="module")
def cluster():
    """Three worker processes behind a scheduler, free ports on the loopback, no dashboard."""
    with distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0",
        worker_dashboard_address=None, silence_logs=50, memory_limit=None,
    ) as local:  # fmt: skip
        yield local


def drawn(frames, out, executor):
    return make_map(frames, out, MapParams(gsd_m=0.06, tile_blocks=1, executor=executor), read=READ)


class Killing:
    """A cluster one of whose workers is killed when the first tile is there."""

    def __init__(self, cluster):
        self.cluster, self.killed = cluster, False

    def run(self, function, shared, tasks):
        for done in Cluster(self.cluster.scheduler_address).run(function, shared, tasks):
            if not self.killed:
                self.killed = True
                worker = next(iter(self.cluster.workers.values()))
                os.kill(worker.process.pid, signal.SIGTERM)
            yield done


def test_a_cluster_that_loses_a_worker_draws_the_same_bytes_as_threads(frames, cluster, tmp_path):
    here, there = tmp_path / "here.tif", tmp_path / "there.tif"
    alone = make_map(frames, here, MapParams(gsd_m=0.06, tile_blocks=1), read=READ)
    killing = Killing(cluster)
    together = drawn(frames, there, killing)
    assert killing.killed
    assert together.tiles_drawn == alone.tiles_drawn >= 6
    assert there.read_bytes() == here.read_bytes()


def test_workers_that_do_not_see_the_frames_are_named(cluster, tmp_path):
    wanted = Cluster(cluster.scheduler_address, witness=(tmp_path / "no such frame.tif",))
    with pytest.raises(ClusterError, match=r"worker tcp://127.* does not see .*no such frame\.tif"):
        list(wanted.run(max, 0, [1, 2]))


def test_an_address_where_nobody_answers_is_told(tmp_path):
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9: no scheduler answers"):
        list(Cluster("tcp://127.0.0.1:9", answer_s=1.0).run(max, 0, [1]))


@pytest.mark.parametrize("address", ["", "nowhere at all", "tcp://"])
def test_an_address_that_is_none_is_told(address):
    with pytest.raises(ClusterError, match="no scheduler answers"):
        list(Cluster(address, answer_s=1.0).run(max, 0, [1]))


def test_a_scheduler_without_workers_is_told():
    with (
        distributed.LocalCluster(
            n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as empty,
        pytest.raises(ClusterError, match="has no workers"),
    ):
        list(Cluster(empty.scheduler_address, workers_s=0.5).run(max, 0, [1]))


def test_an_error_of_a_tile_comes_back_as_it_was(cluster):
    from fakes.dying import divides

    with pytest.raises(ZeroDivisionError):
        list(Cluster(cluster.scheduler_address).run(divides, 1, [1, 0]))
