"""The marketplace of a fresh platform: offerings and plans as cloud.gov names them."""

from __future__ import annotations

from collections.abc import Iterator

from reviewapps.sandbox.cloudfoundry.state import Row, ServiceBroker, ServiceOffering, ServicePlan

POSTGRES = "aws-rds"
REDIS = "aws-elasticache-redis"
ACCOUNTS = "cloud-gov-service-account"
AUDITOR_PLAN = "space-auditor"

_PLANS = {
    POSTGRES: (
        ("micro-psql", "Dedicated micro RDS PostgreSQL DB instance", True),
        ("small-psql", "Dedicated small RDS PostgreSQL DB instance", False),
        ("small-psql-redundant", "Dedicated redundant small RDS PostgreSQL DB instance", False),
    ),
    REDIS: (
        ("redis-dev", "Single node Elasticache Redis, persistent storage", True),
        ("redis-3node", "3 node Elasticache Redis, persistent storage", False),
    ),
    ACCOUNTS: (
        ("space-deployer", "A service account for continuous deployment, limited to a single space", True),
        (AUDITOR_PLAN, "A service account for auditing configuration, limited to a single space", True),
    ),
}
"""Name, description, and whether it is free. All plans of an offering are backed alike."""


def catalog() -> Iterator[Row]:
    """The brokers, their offerings and their plans."""
    aws = ServiceBroker(name="aws-broker", url="https://aws-broker.sandbox")
    uaa = ServiceBroker(name="uaa-credentials-broker", url="https://uaa-credentials-broker.sandbox")
    yield from (aws, uaa)
    for offering in (*_offerings(aws), _accounts(uaa)):
        yield offering
        for name, description, free in _PLANS[offering.name]:
            yield ServicePlan(
                name=name, offering=offering, description=description, free=free, bullets=[description]
            )


def _offerings(broker: ServiceBroker) -> list[ServiceOffering]:
    documentation = "https://docs.cloud.gov/platform/services"
    return [
        ServiceOffering(
            name=POSTGRES,
            broker=broker,
            description="Persistent, relational databases using Amazon RDS",
            tags=["database", "RDS", "postgresql"],
            documentation_url=f"{documentation}/relational-database/",
            display_name="RDS Database Broker",
        ),
        ServiceOffering(
            name=REDIS,
            broker=broker,
            description="Persistent, in-memory data structure store using Amazon Elasticache",
            tags=["redis", "Elasticache", "AWS"],
            documentation_url=f"{documentation}/aws-elasticache/",
            display_name="Elasticache Redis Broker",
        ),
    ]


def _accounts(broker: ServiceBroker) -> ServiceOffering:
    return ServiceOffering(
        name=ACCOUNTS,
        broker=broker,
        description="Manage cloud.gov service accounts with access to your organization",
        tags=[],
        documentation_url="https://docs.cloud.gov/platform/services/cloud-gov-service-account/",
        display_name="cloud.gov service account",
    )
