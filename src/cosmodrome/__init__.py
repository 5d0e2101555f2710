"""Cosmodrome: a spaceflight catalogue server that speaks Launch Library 2.3.0 to the letter."""
