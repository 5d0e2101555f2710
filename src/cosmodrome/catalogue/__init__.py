"""The catalogue: a module for each family of resources, with its tables, shapes and resources."""
