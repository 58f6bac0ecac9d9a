"""The queue that wakes the workers; the outbox in the database stays the truth.

It may be lost or emptied at any time: the relay hands out again what has not been done.
"""

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from core.config import settings

QUEUE = "qms"
RELAY_ALIVE = "qms:relay:alive"
WORKERS_ALIVE = "qms:workers:alive"
SIGN_SECONDS = 60
"""How long a sign of life is remembered; whoever asks judges its age."""


def connect() -> "Redis":
    """Connect to the embedded server's socket, or to the Redis or Valkey server that the settings name."""
    return Redis.from_url(settings().redis_url)


def open_queue(connection: "Redis") -> Queue:
    """Open the one queue of this installation; what lies in it is JSON, never pickled objects."""
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)
