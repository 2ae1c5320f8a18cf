"""polars over the data files of Till's current snapshot; its questions are expressions."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from ..queries import Choice, Question


class Polars:
    def __init__(self, folder: Path):
        import os

        os.environ["POLARS_MAX_THREADS"] = "2"
        import polars

        self.polars = polars
        self.files: list[str] = []
        self.result = None

    def version(self) -> str:
        return self.polars.__version__

    def attach(self, files: Sequence[str]) -> None:
        self.files = list(files)

    def ask(self, question: Question) -> None:
        self.result = self._plan(question.name, question.choice).collect()

    def rows(self) -> list[list[object]]:
        return [list(row) for row in self.result.iter_rows()]

    def cool(self) -> list[str]:
        return self.files

    def close(self) -> None:
        pass

    def _plan(self, name: str, c: Choice):
        p = self.polars
        col, day = p.col, p.col("business_day")
        table = p.scan_parquet(self.files)

        def between(column, days):
            first, last = (datetime.date.fromisoformat(text) for text in days)
            return (column >= first) & (column < last)

        def instant(text):
            return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)

        accepted = table.filter(col("state") == "COMPLETE")
        if c.since:
            accepted = accepted.filter(day >= datetime.date.fromisoformat(c.since))
        page, order = ["receipt_id", "client_id", "business_day", "issued_at", "total"], ["business_day", "client_id", "issued_at", "receipt_id"]
        season = between(day, c.fortnight) if c.fortnight else (
            ((day.dt.month() == 12) & (day.dt.day() >= 25)) | ((day.dt.month() == 1) & (day.dt.day() <= 7)))
        month = day.dt.truncate("1mo").alias("month")

        def lines(frame):
            return frame.select("lines").explode("lines").unnest("lines")

        match name:
            case "Q1":
                return table.filter((col("client_id") == c.client) & (col("receipt_id") == c.receipt_id) & (day == datetime.date.fromisoformat(c.receipt_day))).select(page)
            case "Q2a":
                return table.filter((col("client_id") == c.client) & between(day, c.week)).select(page).sort(order).head(10_000)
            case "Q2b":
                return table.filter((col("issued_at") >= instant(c.hour[0])) & (col("issued_at") < instant(c.hour[1]))).select(page).sort(order).head(10_000)
            case "Q3":
                return accepted.filter(col("client_id") == c.client).group_by(month).agg(p.len().alias("receipts"), col("total").sum()).sort("month")
            case "Q4":
                return lines(accepted.filter(season)).group_by("category").agg(col("amount").sum()).sort("category")
            case "Q5":
                return accepted.group_by("client_id").agg(col("total").sum()).sort(["total", "client_id"], descending=[True, False]).head(100)
            case "Q6":
                return accepted.group_by("business_day").agg(p.len().alias("receipts"), col("total").sum()).sort("business_day")
            case "Q7":
                return lines(accepted).filter(col("product_code") == c.product).select(col("quantity").sum(), p.len())
            case "Q8":
                return accepted.group_by(month).agg(col("customer_id").drop_nulls().n_unique().alias("customers")).sort("month")
            case "Q9":
                in_month = table.filter((col("state") == "COMPLETE") & between(day, c.month))
                return lines(in_month).filter(col("name").str.to_lowercase().str.contains(c.word.lower(), literal=True)).select(p.len(), col("amount").sum())
        raise ValueError(name)
