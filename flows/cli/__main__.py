"""`python -m flows.cli` is the same program as `govwatch`."""

from flows.cli import main

if __name__ == "__main__":
    main()
