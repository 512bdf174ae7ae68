"""Errors a user can act on: they name file, row and remedy, and no person's value."""

from __future__ import annotations

import click


class ThinkFamilyError(click.ClickException):
    """An error with a message for the user; the command line prints it without a traceback."""
