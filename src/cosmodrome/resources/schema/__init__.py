"""What is derived from the declarations: help pages, the OpenAPI document, `describe`, checks at start."""
