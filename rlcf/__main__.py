"""`python -m rlcf`."""

from rlcf.main import main

if __name__ == "__main__":
    main()
