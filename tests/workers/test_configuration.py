"""What Celery is told holds together."""

from __future__ import annotations

from pathlib import Path

from celery import Celery
from celery.app.defaults import NAMESPACES, flatten
from redis import Redis

from reviewapps.coordination.due import Due
from reviewapps.coordination.embedded import EmbeddedRedis
from tests.workers.probe import PREFIX, Settings
from workers.configuration import configuration
from workers.tasks import SETTLE

TOLD = configuration(Settings("rediss://:secret@cache:6380/1"))


def test_celery_knows_every_setting() -> None:
    known = {key for key, _ in flatten(NAMESPACES)}
    assert set(TOLD) <= known


def test_a_running_task_is_never_handed_out_twice() -> None:
    assert TOLD["task_time_limit"] < TOLD["broker_transport_options"]["visibility_timeout"]


def test_two_installations_on_one_redis_have_queues_of_their_own() -> None:
    assert TOLD["broker_transport_options"]["global_keyprefix"] == "reviewapps:acme:"


def test_teardown_goes_before_deploy_before_looks() -> None:
    app = Celery(set_as_current=False)
    app.conf.update(TOLD)
    assert list(app.amqp.queues) == ["teardown", "deploy", "look"]
    assert TOLD["broker_transport_options"]["queue_order_strategy"] == "priority"


def test_the_certificate_of_a_remote_redis_is_checked() -> None:
    assert "ssl_cert_reqs=required" in TOLD["broker_url"]


def test_what_waits_on_a_queue_leaves_so_much_less_room_for_what_is_due(tmp_path: Path) -> None:
    server = EmbeddedRedis.start(tmp_path)
    with Redis.from_url(server.url) as redis:
        due, app = Due(redis, PREFIX, forward=60), Celery(set_as_current=False)
        app.conf.update(configuration(Settings(server.url)))
        for age, environment in enumerate(("1/pr-3", "1/pr-2", "1/pr-1")):
            due.wake(environment, queue="deploy", at=due.now() - 100 + age)
        due.wake("1/pr-4", queue="teardown")
        with app:
            for _ in range(3):
                app.send_task(SETTLE, ("1/pr-9",), queue="deploy")
        assert due.pop(3) == [("teardown", "1/pr-4")]
        assert due.pop(5) == [("deploy", "1/pr-3"), ("deploy", "1/pr-2")]
    server.stop()
