"""How pages for people write instants: Django finds these formats by `FORMAT_MODULE_PATH`."""
