"""Everything people and machines meet: rooms of the business, pages, interface, jobs and commands."""

import gc

from core.memory import MANY

gc.set_threshold(*MANY)  # from the first import on: a start makes half a million objects that stay
