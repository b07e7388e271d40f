"""`python -m tabrl_local` is the `tabrl` command."""

from tabrl_local.cli import main

if __name__ == "__main__":
    main()
