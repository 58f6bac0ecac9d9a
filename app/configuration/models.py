"""The register of settings: what can be changed by a signed proposal, by name (URS-148).

What a setting holds stays where the product reads it: in the row of the site, the policy, the rule of
numbers. The register gives it a name, so that proposals, history and the page of the configuration find it.
"""

import uuid

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, new_id


class ConfigurationSetting(Base):
    """A setting by its code ``<area>`` or ``<area>:<place>[:<what>]``, such as ``numbers:SZ:lot``."""

    __tablename__ = "configuration_setting"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(120), unique=True)
    area: Mapped[str] = mapped_column(String(40))
    site_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("site.id"))
    revision: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": revision}
