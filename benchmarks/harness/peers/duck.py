"""DuckDB, on a table of its own format and on Till's Parquet files."""

from collections.abc import Sequence
from pathlib import Path

from ..queries import Question

#: The columns of a generated receipt as DuckDB reads them from NDJSON.
LINE = "STRUCT(code VARCHAR, name VARCHAR, category VARCHAR, qty DECIMAL(18,6), price DECIMAL(18,6), vat DECIMAL(9,4), amount DECIMAL(18,4))"
COLUMNS = (
    "{id: 'VARCHAR', client: 'VARCHAR', issued_at: 'VARCHAR', store: 'STRUCT(id VARCHAR, till VARCHAR)', customer: 'VARCHAR', "
    "currency: 'VARCHAR', total: 'DECIMAL(18,4)', tax_total: 'DECIMAL(18,4)', payment: 'STRUCT(\"type\" VARCHAR)', lines: '" + LINE + "[]'}"
)
SELECT = (
    "SELECT id AS receipt_id, client AS client_id, CAST(issued_at[1:10] AS DATE) AS business_day, CAST(issued_at AS TIMESTAMPTZ) AS issued_at, "
    "'COMPLETE' AS state, store.id AS store_id, store.till AS till_id, customer AS customer_id, currency, total, tax_total, payment.type AS payment_type, "
    "[{'product_code': x.code, 'name': x.name, 'category': x.category, 'quantity': x.qty, 'unit_price': x.price, 'vat_rate': x.vat, 'amount': x.amount} FOR x IN lines] AS lines"
)
#: What a rule of the type refuses.
ADDS_UP = "abs(total - list_sum([x.amount FOR x IN lines])) <= 0.01"
#: Of the orders that were tried the best over all questions: a year's row groups stay together, and in them a client's.
ORDER = "ORDER BY year(business_day), client_id, issued_at"
IDENTITY = "client_id, business_day, receipt_id"
THREADS = 2
#: The rollups that a new store of Till has, as statements over `{rows}`. DuckDB has no state of a distinct count that could be added to: customers by month are left out.
SUMS = {
    "receipts_by_day": "SELECT business_day, client_id, currency, count(*) AS receipts, sum(total) AS revenue, sum(tax_total) AS tax FROM {rows} GROUP BY ALL ORDER BY client_id, business_day",
    "lines_by_category": "SELECT business_day, l.category AS category, currency, count(*) AS lines, sum(l.quantity) AS quantity, sum(l.amount) AS amount FROM "
                         "(SELECT business_day, currency, unnest(lines) AS l FROM {rows}) GROUP BY ALL ORDER BY category, business_day",
    "lines_by_product": "SELECT date_trunc('month', business_day) AS month, l.product_code AS product_code, currency, count(*) AS lines, sum(l.quantity) AS quantity, sum(l.amount) AS amount FROM "
                        "(SELECT business_day, currency, unnest(lines) AS l FROM {rows}) GROUP BY ALL ORDER BY product_code, month",
}


def read_lines(file: str) -> str:
    """The accepted receipts of an NDJSON file, as a query."""
    return f"SELECT * FROM ({SELECT} FROM read_ndjson('{file}', columns={COLUMNS})) WHERE {ADDS_UP}"


def connect(path: str = ":memory:"):
    import duckdb

    connection = duckdb.connect(path)
    connection.execute(f"SET threads={THREADS}; SET TimeZone='UTC'; SET memory_limit='10GB'; SET enable_progress_bar=false")
    return connection


class DuckDB:
    """A table in DuckDB's own format."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "receipts.duckdb"
        self.connection = connect(str(self.path))
        self.result = None
        self.keeps_sums = False

    def version(self) -> str:
        import duckdb

        return duckdb.__version__

    def load(self, file: str) -> None:
        """Adds the receipts of an NDJSON file that a rule of the type would not refuse, as a table of their own."""
        self.connection.execute(f"CREATE TABLE loaded_{len(self._loaded())} AS {read_lines(file)}")

    def _loaded(self) -> list[str]:
        return [row[0] for row in self.sql("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'loaded%' ORDER BY 1")]

    def finish(self) -> None:
        """Leaves out repeats and puts the rows in order, a year at a time: a sort of everything would need more memory than there is. What
        has been taken goes at once, so that the file holds little twice."""
        years = {table: self.sql(f"SELECT year(min(business_day)), year(max(business_day)) FROM {table}")[0] for table in self._loaded()}
        self.connection.execute("CREATE TABLE receipts AS SELECT * FROM loaded_0 LIMIT 0")
        for year in range(min(first for first, _ in years.values()), max(last for _, last in years.values()) + 1):
            source = " UNION ALL ".join(f"SELECT * FROM {table}" for table, (first, last) in years.items() if first <= year <= last)
            if source:
                self.connection.execute(
                    f"INSERT INTO receipts SELECT DISTINCT ON ({IDENTITY}) * FROM ({source}) WHERE business_day BETWEEN '{year}-01-01' AND '{year}-12-31' {ORDER}")
            for table in [table for table, (_, last) in years.items() if last <= year]:
                self.connection.execute(f"DROP TABLE {table}")
                del years[table]
            self.connection.execute("CHECKPOINT")

    def keep_sums(self) -> None:
        """From now on `merge` and `grow` make sums, by the statements that a user would run beside: DuckDB keeps none by itself."""
        self.keeps_sums = True

    def merge(self) -> None:
        """Rows in order, and tables of their sums where those are kept."""
        self.finish()
        if self.keeps_sums:
            for name, query in SUMS.items():
                self.connection.execute(f"CREATE TABLE {name} AS {query.format(rows='receipts')}")
            self.connection.execute("CHECKPOINT")

    def grow(self, file: str) -> None:
        """Adds receipts that came after `merge`, and their sums as further rows, in one transaction."""
        self.connection.execute(
            f"BEGIN; CREATE TEMP TABLE more AS SELECT DISTINCT ON ({IDENTITY}) * FROM ({read_lines(file)}) n "
            f"WHERE NOT EXISTS (SELECT 1 FROM receipts r WHERE r.client_id = n.client_id AND r.business_day = n.business_day AND r.receipt_id = n.receipt_id) {ORDER}")
        self.connection.execute("INSERT INTO receipts SELECT * FROM more")
        if self.keeps_sums:
            for name, query in SUMS.items():
                self.connection.execute(f"INSERT INTO {name} {query.format(rows='more')}")
        self.connection.execute("DROP TABLE more; COMMIT; CHECKPOINT")

    def sum_bytes(self) -> int:
        """Of the blocks that the tables of sums lie in."""
        block = int(self.sql("SELECT block_size FROM pragma_database_size()")[0][0])
        return sum(block * int(self.sql(f"SELECT count(DISTINCT block_id) FROM pragma_storage_info('{name}') WHERE block_id >= 0")[0][0]) for name in SUMS)

    def totals(self) -> list[list[str]]:
        """What rows and sums say of all receipts: the same, where sums are right."""
        asked = ["SELECT count(*), sum(total), (SELECT sum(l.amount) FROM (SELECT unnest(lines) AS l FROM receipts)) FROM receipts"]
        if self.keeps_sums:
            asked += [f"SELECT sum(receipts), sum(revenue), (SELECT sum(amount) FROM {table}) FROM receipts_by_day" for table in ("lines_by_category", "lines_by_product")]
        return [[str(value) for value in self.sql(query)[0]] for query in asked]

    def add(self, file: str) -> None:
        """Adds receipts that came after `finish`."""
        self.connection.execute(
            f"INSERT INTO receipts SELECT DISTINCT ON ({IDENTITY}) * FROM ({read_lines(file)}) n "
            f"WHERE NOT EXISTS (SELECT 1 FROM receipts r WHERE r.client_id = n.client_id AND r.business_day = n.business_day AND r.receipt_id = n.receipt_id) {ORDER}; CHECKPOINT")

    def sql(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()

    def ask(self, question: Question) -> None:
        self.result = self.connection.sql(question.texts["duckdb"]).to_arrow_table()

    def rows(self) -> list[list[object]]:
        return [list(row.values()) for row in self.result.to_pylist()]

    def cool(self) -> list[str]:
        """A new connection: DuckDB keeps blocks of its file in memory."""
        self.connection.close()
        self.connection = connect(str(self.path))
        return [str(self.path)]

    def size(self) -> int:
        self.connection.execute("CHECKPOINT")
        block, used = self.sql("SELECT block_size, used_blocks FROM pragma_database_size()")[0]
        return int(block) * int(used)

    def export(self, file: str, to: str) -> None:
        """The accepted receipts of a file as rows for another peer's bulk load: receipts and lines, numbered, as tab separated text."""
        number = int(Path(to).name.split("-")[-1])
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE numbered AS SELECT {number} + row_number() OVER () AS number, * FROM "
            f"(SELECT DISTINCT ON ({IDENTITY}) * FROM ({read_lines(file)}) ORDER BY client_id, issued_at)")
        form = "(FORMAT csv, DELIMITER '\t', HEADER false)"
        self.connection.execute(f"COPY (SELECT * EXCLUDE (lines) FROM numbered) TO '{to}.receipts.csv' {form}")
        self.connection.execute(f"COPY (SELECT number, unnest(lines, recursive := true) FROM numbered) TO '{to}.lines.csv' {form}")
        self.connection.execute("DROP TABLE numbered")

    def to_parquet(self, file: str, to: str) -> None:
        """NDJSON to one sorted Parquet file with the documents: what `till import` does, without its checks."""
        read = (f"SELECT a.*, b.json AS document FROM ({read_lines(file)}) a POSITIONAL JOIN "
                f"(SELECT json FROM read_ndjson_objects('{file}')) b")
        self.connection.execute(
            f"COPY ({read.replace(' WHERE ' + ADDS_UP, '')} {ORDER}) TO '{to}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)")

    def close(self) -> None:
        self.connection.close()


class DuckDBOnParquet(DuckDB):
    """The same engine on the data files of Till's current snapshot."""

    def __init__(self, folder: Path):
        self.connection = connect()
        self.files: list[str] = []
        self.result = None

    def attach(self, files: Sequence[str]) -> None:
        self.files = list(files)
        self._view()

    def _view(self) -> None:
        names = ", ".join(f"'{file}'" for file in self.files)
        self.connection.execute(f"CREATE OR REPLACE VIEW receipts AS SELECT * FROM read_parquet([{names}], union_by_name = false)")

    def cool(self) -> list[str]:
        self.connection.close()
        self.connection = connect()
        self._view()
        return self.files
