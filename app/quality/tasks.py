"""What happens to quality work by itself: lots that a check of effectiveness waits for are counted daily."""

from app.quality.capas.counting import count_lots
from app.sites.tasks import daily

COUNT_LOTS = "quality.count_lots"

daily(COUNT_LOTS, count_lots, reason="check of effectiveness")
