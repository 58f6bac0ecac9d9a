"""The web server's settings: the application is loaded once and shared by forked workers with threads."""

import os
import shutil
import time

from core.config import settings
from core.db import engine
from core.memory import give_back, set_aside

FIGURES = settings().home / "figures"
"""Where the web processes keep what they count, so that any of them can tell for all (Prometheus)."""
shutil.rmtree(FIGURES, ignore_errors=True)  # what an earlier run counted belongs to processes that are gone
FIGURES.mkdir(parents=True, mode=0o700)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FIGURES)

bind = f"{os.environ.get('QMS_BIND', '127.0.0.1')}:{settings().port}"
workers = int(os.environ.get("QMS_WEB_WORKERS", "2"))
threads = 4
preload_app = True
timeout = 120
graceful_timeout = 4
loglevel = "warning"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "core.log.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": ["stderr"], "propagate": False}},
}
"""The server's own lines look like everybody's; it keeps no list of requests: app.web.measures does."""
control_socket_disable = True


def post_fork(_server: object, _worker: object) -> None:
    """Forget the parent's database connections: two processes must never share one."""
    engine().dispose(close=False)


def when_ready(_server: object) -> None:
    """Say that pages are served, and how long the start took when the supervisor noted its beginning.

    What the start has made stays as long as the server: the workers are forked from here and share it.
    """
    set_aside()
    give_back()
    started = os.environ.get("QMS_STARTED")
    seconds = f" after {time.time() - float(started):.1f} s" if started else ""
    print(f"Ready{seconds}: {settings().url}", flush=True)
