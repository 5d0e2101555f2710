"""Where Django looks for tables: every family, once."""

from cosmodrome.catalogue import agencies, config, images, spacecraft

__all__ = ["agencies", "config", "images", "spacecraft"]
