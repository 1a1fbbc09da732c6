"""One Redis, two ways to write its address."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit


def celery_broker_url(redis_url: str) -> str:
    """The address that Celery wants for the server that redis-py knows by this one.

    A certificate is checked unless the address says otherwise, as redis-py does; Celery's own default is
    not to check it.

    >>> celery_broker_url("unix:///run/broker.sock?db=2")
    'redis+socket:///run/broker.sock?virtual_host=2'
    >>> celery_broker_url("rediss://:secret@cache.example:6380/1")
    'rediss://:secret@cache.example:6380/1?ssl_cert_reqs=required'
    >>> celery_broker_url("redis://localhost")
    'redis://localhost:6379/0'
    """
    url = urlsplit(redis_url)
    asked = {key: values[-1] for key, values in parse_qs(url.query).items()}
    if url.scheme == "unix":
        return f"redis+socket://{url.netloc}{url.path}?virtual_host={asked.get('db', '0')}"
    if url.scheme not in ("redis", "rediss"):
        raise ValueError(
            f"{url.scheme}://…: not the address of a Redis; it starts redis://, rediss:// or unix://"
        )
    security = {key: value for key, value in asked.items() if key.startswith("ssl_")}
    if url.scheme == "rediss":
        security = {"ssl_cert_reqs": "required", **security}
    database = asked.get("db") or url.path.strip("/") or "0"
    return f"{url.scheme}://{_place(url)}/{database}" + (f"?{urlencode(security)}" if security else "")


def _place(url: SplitResult) -> str:
    return url.netloc if url.port else f"{url.netloc}:6379"
