"""`python -m app.cli` is the command `qms`."""

import sys

from app.cli import main

sys.exit(main())
