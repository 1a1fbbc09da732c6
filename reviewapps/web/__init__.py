"""The web process: webhooks in; status page, API, metrics and health out.

It asks neither GitHub nor Cloud Foundry anything: it shows what the workers' last looks kept in Redis, and puts
a repository on their list when GitHub tells of something there. Without it everything works, a little later.
"""

from reviewapps.web.app import application
from reviewapps.web.serve import serve

__all__ = ["application", "serve"]
