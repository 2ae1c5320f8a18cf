import XCTest

/// Goal: answers say which column of which table each of theirs is, tables and columns have the comments of their types, `pg_get_keywords()` has PostgreSQL's words, and plans tell costs
/// as clients read them. Method: the real binary and PostgreSQL 15 with like tables are asked the same; psql shows the comments.
final class TableOriginTests: XCTestCase {
    func test_columns_areToldAsPostgreSQLDoes() throws { try PostgresDoorServer.compare("tables.py") }
}
