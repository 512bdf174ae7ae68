"""Errors that a user can act on: they name the file, the row and the remedy, and no person's value."""

from __future__ import annotations

import click


class ThinkFamilyError(click.ClickException):
    """An error with a message for the user; the command line prints it without a traceback."""
