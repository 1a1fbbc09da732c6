"""How Celery is set up. Every line has been tried against killed workers and a killed Redis."""

from __future__ import annotations

from typing import Any, Final

from reviewapps.coordination.broker_url import celery_broker_url
from reviewapps.coordination.due import QUEUES
from workers.needs import Settings

LOOK: Final = "look"
"""The queue of the looks at whole repositories; it comes after what is known to be due."""

_HARD_LIMIT: Final = 300
_VISIBILITY: Final = 900  # above the hard limit, or a running task would be handed out twice


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings for one installation.

    No result backend: truth is elsewhere. No countdown and no retry: a worker that dies keeps those hidden
    for the visibility timeout, while the due set brings a lost message back after its forward score.
    """
    return _delivery() | _worker(settings) | _connection(settings)


def _delivery() -> dict[str, Any]:
    return {
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,  # the dead child's lease still runs: the due set knows when
        "task_acks_on_timeout": True,  # otherwise a task that is too long would come again for ever
        "task_soft_time_limit": _HARD_LIMIT - 60,
        "task_time_limit": _HARD_LIMIT,
        "task_queues": {name: {} for name in (*QUEUES, LOOK)},
        "task_default_queue": LOOK,
        "task_create_missing_queues": False,  # a misspelt queue fails; nobody would read it
        "task_publish_retry_policy": {"max_retries": 3, "interval_step": 0.5, "interval_max": 2},
    }


def _worker(settings: Settings) -> dict[str, Any]:
    return {
        "worker_pool": "prefork",  # threads know no time limits and cannot be stopped
        "worker_concurrency": settings.concurrency,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,  # a message is taken when a child is free for it
        "worker_enable_prefetch_count_reduction": False,
        "worker_consumer": "workers.consumer:SurvivingConsumer",
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # leases make the overlap safe
        "worker_soft_shutdown_timeout": 4,  # and 2 more until the end
        "worker_max_tasks_per_child": 200,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }


def _connection(settings: Settings) -> dict[str, Any]:
    return {
        "broker_url": celery_broker_url(settings.redis_url),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # Celery's 100 would end a worker during a long outage
        "broker_channel_error_retry": True,  # a failover answers "read only" for a while
        "broker_connection_timeout": 5,
        "broker_pool_acquire_timeout": 30,
        "broker_transport_options": {
            "global_keyprefix": f"reviewapps:{settings.instance}:",
            "queue_order_strategy": "priority",  # strictly in the order listed; the default takes turns
            "visibility_timeout": _VISIBILITY,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "unacked_mutex_expire": 60,
            "socket_timeout": 15,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
    }
