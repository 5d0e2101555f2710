"""Derived values in the place of published ones: kept right by every change and by the passing of time."""
