"""What happens to stock by itself: lots expire when the day in the calendar of their site is over."""

from app.inventory.services import expire_lots
from app.sites.tasks import daily

EXPIRE = "inventory.expire_lots"

daily(EXPIRE, expire_lots, reason="expiry")
