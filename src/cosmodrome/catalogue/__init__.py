"""The catalogue: one module for each family of resources, holding tables, shapes and resources."""
