"""The lists of this room that can be brought in; each is described beside what it stores."""

from app.suppliers.certificates import CERTIFICATES
from app.suppliers.demands import DEMANDS
from app.suppliers.ratings import RISK_CLASSES, STANDINGS_LIST
from app.suppliers.scopes import SCOPES

__all__ = ["CERTIFICATES", "DEMANDS", "RISK_CLASSES", "SCOPES", "STANDINGS_LIST"]
