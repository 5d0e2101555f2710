"""The settings: `COSMODROME_*` variables, all optional; an unknown or senseless one is refused in a sentence.

Start reading with `Environment` in `variables`: one row, of the form in `rows`, for each setting.  `readers`
turn texts into values.
"""

from cosmodrome.environment.rows import PREFIX, SettingsError
from cosmodrome.environment.variables import SETTINGS, Environment

__all__ = ["PREFIX", "SETTINGS", "Environment", "SettingsError"]
