"""`python -m mnist_bp` is `bp`."""

from mnist_bp.cli import main

if __name__ == "__main__":
    main()
