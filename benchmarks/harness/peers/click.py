"""ClickHouse inside the process (chDB), on a MergeTree of its own."""

import json
from pathlib import Path

from ..queries import Question

LINES = "Tuple(code String, name String, category String, qty Decimal(18,6), price Decimal(18,6), vat Decimal(9,4), amount Decimal(18,4))"
COLUMNS = (
    "id String, client String, issued_at String, store Tuple(id String, till String), customer Nullable(String), currency String, "
    f"total Decimal(18,4), tax_total Decimal(18,4), payment Tuple(type String), lines Array({LINES})"
)
TABLE = """CREATE TABLE receipts (
  receipt_id String, client_id LowCardinality(String), business_day Date32, issued_at DateTime64(6, 'UTC'), state LowCardinality(String),
  store_id LowCardinality(String), till_id LowCardinality(String), customer_id Nullable(String), currency LowCardinality(String),
  total Decimal(18,4), tax_total Decimal(18,4), payment_type LowCardinality(String),
  lines Nested(product_code String, name String, category LowCardinality(String), quantity Decimal(18,6), unit_price Decimal(18,6),
    vat_rate Decimal(9,4), amount Decimal(18,4)))
ENGINE = ReplacingMergeTree PARTITION BY toYear(business_day) ORDER BY (client_id, issued_at, receipt_id)
SETTINGS default_compression_codec = 'ZSTD(3)'"""
#: The rollups that a new store of Till has, as ClickHouse keeps them: a view puts the sums of each insert into a table that adds those of one key when its parts are
#: merged. Name, engine, order, and what is asked of the rows that an insert brings. `uniq` is its sketch; it has no error that one could choose.
SUMS = (
    ("receipts_by_day", "SummingMergeTree", "client_id, business_day, currency",
     "SELECT business_day, client_id, currency, count() AS receipts, sum(total) AS revenue, sum(tax_total) AS tax FROM receipts GROUP BY business_day, client_id, currency"),
    ("lines_by_category", "SummingMergeTree", "category, business_day, currency",
     "SELECT business_day, lines.category AS category, currency, count() AS n, sum(lines.quantity) AS quantity, sum(lines.amount) AS amount FROM receipts ARRAY JOIN lines "
     "GROUP BY business_day, category, currency"),
    ("lines_by_product", "SummingMergeTree", "product_code, month, currency",
     "SELECT toStartOfMonth(business_day) AS month, lines.product_code AS product_code, currency, count() AS n, sum(lines.quantity) AS quantity, sum(lines.amount) AS amount "
     "FROM receipts ARRAY JOIN lines GROUP BY month, product_code, currency"),
    ("customers_by_month", "AggregatingMergeTree", "month",
     "SELECT toStartOfMonth(business_day) AS month, sumSimpleState(receipts) AS receipts, uniqMergeState(customers) AS customers FROM "
     "(SELECT business_day, count() AS receipts, uniqState(customer_id) AS customers FROM receipts GROUP BY business_day) GROUP BY month"),
)


class ClickHouse:
    """Repeats go when a partition is merged to one part, so `finish` merges all."""

    def __init__(self, folder: Path):
        from chdb import session

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.session = session.Session(str(folder))
        self._run("SET max_threads = 2")
        self._run("SET max_insert_threads = 2")
        self._run("SET prefer_column_name_to_alias = 1")
        # A statement about the day of a Date32 is wanted as a day, numbers with all their digits.
        self._run("SET output_format_json_quote_decimals = 1")
        self._run("SET output_format_json_quote_64bit_integers = 0")
        self.answer = b""

    def _run(self, query: str, form: str = "TSV") -> bytes:
        return self.session.query(query, form).bytes()

    def version(self) -> str:
        import chdb

        return f"{self._run('SELECT version()').decode().strip()} (chDB {chdb.__version__})"

    def _select(self, file: str) -> str:
        return (
            "SELECT id AS receipt_id, client AS client_id, toDate32(substring(issued_at, 1, 10)) AS business_day, "
            "parseDateTime64BestEffort(issued_at, 6, 'UTC') AS issued_at, 'COMPLETE' AS state, store.id AS store_id, store.till AS till_id, "
            "customer AS customer_id, currency, total, tax_total, payment.type AS payment_type, lines.code, lines.name, lines.category, lines.qty, lines.price, "
            f"lines.vat, lines.amount FROM file('{file}', 'JSONEachRow', '{COLUMNS}') WHERE abs(total - arraySum(lines.amount)) <= 0.01")

    def load(self, file: str) -> None:
        self._run(TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        self._run(f"INSERT INTO receipts {self._select(file)}")

    def keep_sums(self) -> None:
        """Declares the views, before there are rows. They add what is inserted: a repeat that is merged away later stays in them."""
        self._run(TABLE)
        for name, engine, order, query in SUMS:
            self._run(f"CREATE MATERIALIZED VIEW {name} ENGINE = {engine} ORDER BY ({order}) SETTINGS default_compression_codec = 'ZSTD(3)' AS {query}")

    def merge(self) -> None:
        """All parts to one: of the rows, and of sums where they are kept."""
        self.finish()
        for name in self._kept():
            self._run(f"OPTIMIZE TABLE {name} FINAL")

    def sum_bytes(self) -> int:
        # The rows of a view lie in a table named after it or after its number.
        return int(self._run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table != 'receipts' AND database = currentDatabase()"))

    def totals(self) -> list[list[str]]:
        """What rows and sums say of all receipts: the same, where sums are right."""
        rows = self._run("SELECT count(), sum(total), (SELECT sum(lines.amount) FROM receipts ARRAY JOIN lines) FROM receipts FINAL").decode().split()
        if not self._kept():
            return [rows]
        one = lambda text: self._run(text).decode().strip()
        return [rows, *(
            [one("SELECT sum(receipts) FROM receipts_by_day"), one("SELECT sum(revenue) FROM receipts_by_day"), one(f"SELECT sum(amount) FROM {table}")]
            for table in ("lines_by_category", "lines_by_product"))]

    def _kept(self) -> list[str]:
        return self._run("SELECT name FROM system.tables WHERE engine = 'MaterializedView'").decode().split()

    def finish(self) -> None:
        self._run("OPTIMIZE TABLE receipts FINAL SETTINGS alter_sync = 2")

    def add(self, file: str) -> None:
        """Adds receipts that came after `finish`, without those that are there."""
        inner = self._select(file)
        self._run(
            f"INSERT INTO receipts SELECT * FROM ({inner}) WHERE (client_id, business_day, receipt_id) NOT IN "
            f"(SELECT client_id, business_day, receipt_id FROM receipts WHERE business_day >= (SELECT min(business_day) FROM ({inner}))) "
            "LIMIT 1 BY client_id, business_day, receipt_id")

    def grow(self, file: str) -> None:
        """Adds receipts that came after `merge`; views add their sums."""
        self.add(file)

    def ask(self, question: Question) -> None:
        self.answer = self._run(question.texts["clickhouse"], "JSONCompactEachRow")

    def rows(self) -> list[list[object]]:
        return [json.loads(line) for line in self.answer.splitlines()]

    def cool(self) -> list[str]:
        for cache in ("MARK", "UNCOMPRESSED", "INDEX MARK", "INDEX UNCOMPRESSED", "QUERY CONDITION"):
            self._run(f"SYSTEM DROP {cache} CACHE")
        return [str(self.folder)]

    def size(self) -> int:
        return int(self._run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'receipts'"))

    def close(self) -> None:
        self.session.close()
