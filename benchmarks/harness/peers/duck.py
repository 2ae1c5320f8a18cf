"""What a user would pick instead, on the same rows."""

from collections.abc import Sequence
from pathlib import Path

#: The columns of a generated receipt as DuckDB reads them from NDJSON.
LINE = "STRUCT(code VARCHAR, name VARCHAR, category VARCHAR, qty DECIMAL(18,6), price DECIMAL(18,6), vat DECIMAL(9,4), amount DECIMAL(18,4))"
READ = (
    "SELECT id AS receipt_id, client AS client_id, CAST(issued_at[1:10] AS DATE) AS business_day, CAST(issued_at AS TIMESTAMPTZ) AS issued_at, "
    "'COMPLETE' AS state, store.id AS store_id, store.till AS till_id, customer AS customer_id, currency, total, tax_total, payment.type AS payment_type, "
    "[{'product_code': x.code, 'name': x.name, 'category': x.category, 'quantity': x.qty, 'unit_price': x.price, 'vat_rate': x.vat, 'amount': x.amount} FOR x IN lines] AS lines "
    "FROM read_ndjson('{file}', columns={{id: 'VARCHAR', client: 'VARCHAR', issued_at: 'VARCHAR', store: 'STRUCT(id VARCHAR, till VARCHAR)', customer: 'VARCHAR', "
    "currency: 'VARCHAR', total: 'DECIMAL(18,4)', tax_total: 'DECIMAL(18,4)', payment: 'STRUCT(\"type\" VARCHAR)', lines: '" + LINE + "[]'}})"
)


class DuckDB:
    """DuckDB on a table of its own format, or on Parquet files that are already there."""

    name = "DuckDB"

    def __init__(self, path: Path, threads: int = 2):
        import duckdb

        self.version = duckdb.__version__
        self.connection = duckdb.connect(str(path))
        self.connection.execute(f"SET threads={threads}; SET TimeZone='UTC'; SET preserve_insertion_order=true")

    def load(self, file: Path) -> None:
        """Adds the receipts of an NDJSON file that a rule of the type would not refuse."""
        source = READ.replace("{file}", str(file)).replace("{{", "{").replace("}}", "}")
        select = f"SELECT * FROM ({source}) WHERE abs(total - list_sum([x.amount FOR x IN lines])) <= 0.01"
        exists = self.sql("SELECT count(*) FROM information_schema.tables WHERE table_name = 'loaded'")[0][0]
        self.connection.execute(f"INSERT INTO loaded {select}" if exists else f"CREATE TABLE loaded AS {select}")

    def finish(self) -> None:
        """Leaves out repeats and puts the rows in order of client and time, the order in which DuckDB answers best."""
        self.connection.execute(
            "CREATE TABLE receipts AS SELECT DISTINCT ON (client_id, business_day, receipt_id) * FROM loaded ORDER BY client_id, issued_at; "
            "DROP TABLE loaded; CHECKPOINT")

    def attach_parquet(self, files: Sequence[Path]) -> None:
        names = ", ".join(f"'{file}'" for file in files)
        self.connection.execute(f"CREATE VIEW receipts AS SELECT * FROM read_parquet([{names}])")

    def sql(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()
