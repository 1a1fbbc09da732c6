"""What the marketplace offers, made for real: a PostgreSQL server, a Redis for each instance, and accounts of UAA.

The Cloud Controller's half (instances, bindings, jobs) is in the folder above. Nothing here is started before
the first instance is asked for.
"""

from reviewapps.sandbox.cloudfoundry.brokers.backing import Backing, BrokerFailure, Credentials, OfEachBinding
from reviewapps.sandbox.cloudfoundry.brokers.brokers import Brokers
from reviewapps.sandbox.cloudfoundry.brokers.catalog import catalog

__all__ = ["Backing", "BrokerFailure", "Brokers", "Credentials", "OfEachBinding", "catalog"]
