"""The input contract: what every agency extract holds, read from the dbt sources' YAML."""

from think_family.contract.contract import (
    Column,
    Contract,
    ContractError,
    Extract,
    System,
    read_contract,
)

__all__ = ["Column", "Contract", "ContractError", "Extract", "System", "read_contract"]
