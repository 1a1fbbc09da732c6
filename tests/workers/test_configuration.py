"""What Celery is told holds together."""

from __future__ import annotations

from celery import Celery
from celery.app.defaults import NAMESPACES, flatten

from tests.workers.probe import Settings
from workers.configuration import configuration

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
