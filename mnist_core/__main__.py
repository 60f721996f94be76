"""`python -m mnist_core`: see `cli`."""

from mnist_core.cli import main

if __name__ == "__main__":
    main()
