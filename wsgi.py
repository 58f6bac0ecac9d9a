"""The web application that gunicorn serves."""

from app.factory import create_app
from core import log

log.configure()
app = create_app()
