"""`python -m cosmodrome`, the same as `cosmodrome`."""

from cosmodrome.cli import main

if __name__ == "__main__":  # the server's workers import this module too
    main()
