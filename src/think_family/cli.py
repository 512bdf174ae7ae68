"""The console command `think-family`: one group, one lazily imported module per subcommand."""

from __future__ import annotations

import importlib

import click

# Subcommand -> the module and attribute that hold it. Modules are imported only when their
# command runs, so that `think-family --help` does not wait for pandas or Splink.
_COMMANDS = {
    "synth": ("think_family.synthesis.command", "synth"),
    "load": ("think_family.loading.command", "load"),
    "contract": ("think_family.contract.command", "contract"),
    "indicators": ("think_family.indicators.command", "indicators"),
    "link": ("think_family.identity.command", "link"),
    "links": ("think_family.network.command", "links"),
    "network": ("think_family.network.command", "network"),
    "train-linkage": ("think_family.identity.command", "train_linkage"),
    "train": ("think_family.scoring.training_command", "train"),
    "assess": ("think_family.scoring.command", "assess"),
    "runs": ("think_family.publication.command", "runs"),
    "postgres": ("think_family.postgres.command", "postgres"),
    "deps": ("think_family.housekeeping.command", "deps"),
    "fingerprint": ("think_family.housekeeping.command", "fingerprint"),
    "summary": ("think_family.housekeeping.command", "summary"),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=_LazyGroup)
@click.version_option(package_name="think-family")
def main() -> None:
    """Synthesise, load, link and inspect the extracts of the Think Family Warehouse; assess scores.

    The warehouse itself is built with dbt: see `dbt build --help`.
    """
