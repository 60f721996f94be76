"""`python -m mnist_core`: see `cli/main.py`."""

from mnist_core.cli.main import main

if __name__ == "__main__":
    main()
