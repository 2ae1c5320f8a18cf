import ColumnStore
import Query
import XCTest

/// Every type through every encoder, by example from api.md's "Values".
final class ResultEncoderTests: XCTestCase {
    private static let query = """
        SELECT 1::BIGINT AS b, 2.50 AS d, DATE '2026-11-20' AS day, TIMESTAMPTZ '2026-11-20 12:00:00+00' AS at, 'NaN'::DOUBLE PRECISION AS x,
          'a"b,ї' AS t, '' AS e, NULL AS n, true AS f, '\\x68690a'::BYTEA AS blob, INTERVAL '1 day 2 hours' AS i, ARRAY[1, NULL] AS l
        """

    private func encode(_ make: ([ResultColumn]) throws -> any ResultEncoder, _ query: String = query) throws -> String {
        let (columns, batches) = try QueryFixture(threads: 1).batches(query)
        var encoder = try make(columns)
        var buffer: [UInt8] = []
        try encoder.begin(into: &buffer)
        for batch in batches { try encoder.append(batch, into: &buffer) }
        try encoder.end(cursor: "c", statistics: QueryStatistics(rowsScanned: 1, bytesRead: 2, filesPruned: 3, elapsedMilliseconds: 4), into: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    /// One cell may be seconds of work: it ends within it.
    func test_append_queryIsOver_endsWithinACell() throws {
        let field = Field("l", .list(element: Field("element", .int64)))
        let offsets: [Int32] = [0, 3_000_000]
        let element = Column(type: .int64, count: 3_000_000, values: .int64([Int64](repeating: 7, count: 3_000_000)))
        let batch = ColumnBatch(rowCount: 1, columns: [Column(type: field.type, count: 1, values: .list(offsets: offsets, element: element))])
        let columns = [ResultColumn(name: "l", type: field.type)]
        let cancellation = Cancellation()
        cancellation.cancel()
        let encoders: [any ResultEncoder] = [
            JSONPageEncoder(columns: columns), JSONObjectEncoder(columns: columns), CSVEncoder(columns: columns), TableEncoder(columns: columns),
        ]
        for made in encoders {
            var encoder = made
            encoder.cancellation = cancellation
            var buffer: [UInt8] = []
            XCTAssertThrowsError(try encoder.append(batch, into: &buffer)) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
            XCTAssertLessThan(buffer.count, 1 << 20, "\(type(of: made))")
        }
    }

    func test_jsonPage() throws {
        let row = """
            [1,"2.50","2026-11-20","2026-11-20T12:00:00.000000Z","NaN","a\\"b,ї","",null,true,"aGkK","P1DT2H",[1,null]]
            """
        let text = try encode { JSONPageEncoder(columns: $0) }
        XCTAssertTrue(text.contains("\"rows\":[\(row)]"), text)
        XCTAssertTrue(text.hasPrefix("{\"columns\":[{\"name\":\"b\",\"type\":\"BIGINT\"},{\"name\":\"d\",\"type\":\"DECIMAL("), text)
        XCTAssertTrue(
            text.hasSuffix(
                "\"next_cursor\":\"c\",\"statistics\":{\"rows_scanned\":1,\"bytes_read\":2,\"files_pruned\":3,\"elapsed_ms\":4}}"), text)
    }

    func test_ndjson_csv_array() throws {
        XCTAssertEqual(try encode({ JSONObjectEncoder(columns: $0) }, "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL ORDER BY 1"), "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":null}\n")
        XCTAssertEqual(try encode({ JSONObjectEncoder(columns: $0, isArray: true) }, "SELECT 1 AS a"), "[\n{\"a\":1}\n]\n")
        XCTAssertEqual(try encode({ JSONObjectEncoder(columns: $0, isArray: true) }, "SELECT 1 AS a WHERE false"), "[]\n")
        XCTAssertEqual(
            try encode { CSVEncoder(columns: $0) },
            "b,d,day,at,x,t,e,n,f,blob,i,l\r\n1,2.50,2026-11-20,2026-11-20T12:00:00.000000Z,NaN,\"a\"\"b,ї\",\"\",,true,aGkK,P1DT2H,\"[1,null]\"\r\n")
    }

    func test_table() throws {
        let text = try encode({ TableEncoder(columns: $0) }, "SELECT 1 AS n, 'їжа' AS name UNION ALL SELECT 20, NULL ORDER BY 1")
        XCTAssertEqual(text, "┌────┬──────┐\n│ n  │ name │\n├────┼──────┤\n│  1 │ їжа  │\n│ 20 │ NULL │\n└────┴──────┘\n2 rows in 4 ms\n")
    }

    func test_parquet_readsBack() throws {
        let (columns, batches) = try QueryFixture(threads: 1).batches(Self.query)
        var encoder = try ParquetEncoder(columns: columns)
        var buffer: [UInt8] = []
        encoder.begin(into: &buffer)
        for batch in batches { try encoder.append(batch, into: &buffer) }
        try encoder.end(cursor: nil, statistics: QueryStatistics(), into: &buffer)
        let table = try ParquetTable(files: [try ParquetFile(MemoryBytes(buffer, name: "answer"))])
        let fixture = QueryFixture([("p", table)])
        XCTAssertEqual(try fixture.rows("SELECT b, d, day, at, t, e, n, f, i FROM p"), "1,2.50,2026-11-20,2026-11-20T12:00:00.000000Z,\"a\"\"b,ї\",\"\",,true,P1DT2H")
    }

    /// A reader of objects keeps one member of a name.
    func test_namesThatComeTwice_getANumberInObjectsAndParquet() throws {
        let query = "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS \"A\""
        XCTAssertEqual(try encode({ JSONObjectEncoder(columns: $0) }, query), "{\"a\":1,\"a_2\":2,\"a_2_2\":3,\"A\":4}\n")
        XCTAssertTrue(try encode({ CSVEncoder(columns: $0) }, query).hasPrefix("a,a,a_2,A\r\n"))
    }
}
