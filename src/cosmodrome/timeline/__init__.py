"""Timelines of craft and stations, beyond the contract: what happened when, as JSON and as a calendar."""
