"""`python -m pitfall_lint`. Nothing else stands here: worker processes started by spawn import this module again."""

from pitfall_lint.cli import main

if __name__ == "__main__":
    main()
