"""`python -m think_family`: the console command, also where a script's path cannot be run."""

from think_family.cli import main

if __name__ == "__main__":
    main()
