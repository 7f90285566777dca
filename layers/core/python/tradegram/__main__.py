"""`python -m tradegram`: the same as the `tradegram` command."""

import sys

from tradegram.cli.main import main

sys.exit(main())
