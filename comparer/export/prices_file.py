"""The price table as a file of its own: every card with its prices, where they come from and of which day."""

import json
from pathlib import Path

from comparer.cost.kept import KeptPrices
from comparer.cost.rows import Value, price_rows
from comparer.export.csv_file import write_csv

COLUMNS = (
    "gpu", "name", "memory_gb", "usable_gib", "currency", "on_demand_per_hour", "reserved_per_hour", "source", "date",
    "edited",
)  # fmt: skip


def kept_price_rows(kept: KeptPrices) -> list[dict[str, Value]]:
    """One row a card; `edited` says whether people have changed the shipped prices."""
    return [{**row, "edited": row["gpu"] in kept.edited} for row in price_rows(kept.table)]


def write_prices(kept: KeptPrices, destination: Path) -> None:
    """Write the table as JSON when the name ends so, else as CSV. Prices stay exactly as they were written."""
    rows = kept_price_rows(kept)
    if destination.suffix == ".json":
        destination.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", "utf-8")
    else:
        write_csv(destination, COLUMNS, rows)
