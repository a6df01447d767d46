"""What users edit (YAML), its strict shapes, and the loader that reads it.

Nothing outside this package reads configuration files or the environment; nothing in it touches network or warehouse.
"""
