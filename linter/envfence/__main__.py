"""`python -m envfence`."""

from envfence.cli import main

if __name__ == "__main__":
    main()
