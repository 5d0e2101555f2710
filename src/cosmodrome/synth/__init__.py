"""An invented catalogue of any size: consistent, repeatable, and marked as invented in every name."""
