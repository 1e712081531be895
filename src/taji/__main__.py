"""``python -m taji``: the same door as the ``taji`` command."""

from taji.cli import main

if __name__ == "__main__":
    main()
