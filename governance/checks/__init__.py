"""The live checks, by room: each looks at the last 30 days and the rules in force, and can turn red."""

import governance.checks.help
import governance.checks.promises
import governance.checks.service  # noqa: F401 - they register their checks
