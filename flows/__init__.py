"""Where the packages are wired together: the pass, the Prefect flows, the command line.

Decisions live in the packages below; modules here call them in order and hold no rules of their own.
"""
