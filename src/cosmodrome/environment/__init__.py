"""The settings: `COSMODROME_*` variables, all optional; an unknown or senseless one is refused in a sentence.

Start reading with `Environment` in `variables`: one row for each setting.  `readers` turn texts into values.
"""

from cosmodrome.environment.variables import PREFIX, SETTINGS, Environment, SettingsError

__all__ = ["PREFIX", "SETTINGS", "Environment", "SettingsError"]
