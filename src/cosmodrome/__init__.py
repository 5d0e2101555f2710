"""Cosmodrome: a spaceflight catalogue server that speaks Launch Library 2.3.0 to the letter."""

from importlib import import_module

try:
    import_module("fcntl")
except ImportError:
    raise SystemExit(
        "Cosmodrome runs on Linux and other Unix systems: it locks files and starts its workers as they do. "
        "On Windows use it in WSL, the Windows Subsystem for Linux, or in Docker: see docs/deploying.md."
    ) from None
