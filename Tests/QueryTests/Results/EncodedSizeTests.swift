import ColumnStore
import Query
import XCTest

/// Goal: what rows take in an answer is never more than was asked for before they were written.
final class EncodedSizeTests: XCTestCase {
    private let fixture = QueryFixture()

    private func check(_ query: String, atMost factor: Double? = nil, line: UInt = #line) throws {
        let (columns, batches) = try fixture.batches(query)
        for batch in batches {
            let most = EncodedSize.most(batch)
            var (page, lines, sheet) = (JSONPageEncoder(columns: columns), JSONObjectEncoder(columns: columns), CSVEncoder(columns: columns))
            var sizes: [Int] = []
            let encoders: [(inout [UInt8]) throws -> Void] = [
                { try page.append(batch, into: &$0) }, { try lines.append(batch, into: &$0) }, { try sheet.append(batch, into: &$0) },
            ]
            for encode in encoders {
                var bytes: [UInt8] = []
                try encode(&bytes)
                sizes.append(bytes.count)
            }
            XCTAssertLessThanOrEqual(sizes.max() ?? 0, most, query, line: line)
            if let factor { XCTAssertLessThan(Double(most), factor * Double(sizes[0]), query, line: line) }
        }
    }

    func test_texts_areCountedAsTheyAreEscaped() throws {
        try check("SELECT repeat('\u{1}', 300000) AS x FROM generate_series(1, 3) n", atMost: 1.01)
        try check("SELECT repeat('\"', 300000) || n AS x FROM generate_series(1, 3) n(n)", atMost: 1.01)
        try check("SELECT repeat('Ж\\', 300000) || n AS x FROM generate_series(1, 3) n(n)", atMost: 1.01)
        try check("SELECT repeat('plain ', 50000) || n AS x FROM generate_series(1, 40) n(n)", atMost: 1.01)
    }

    /// In CSV a list is a text of JSON, and each quote in it is doubled behind its backslash.
    func test_quotesWithinLists_areCountedAsCSVHasThem() throws {
        try check("SELECT ARRAY[repeat('\"', 300000) || n, '\"', ''] AS x FROM generate_series(1, 3) n(n)")
        try check("SELECT ARRAY[repeat('\\', 300000) || n, repeat('\u{1}', 1000)] AS x FROM generate_series(1, 3) n(n)")
    }

    func test_valuesOfAllTypes_takeNoMore() throws {
        try check(
            """
            SELECT n, n::double precision / 7, n::decimal(38,10) / 3, n > 3, date '2020-01-01' + n, timestamptz '2020-01-01 00:00:00.123456+00', \
            interval '-1 year -2 months 3 days -04:05:06.789', NULL, ARRAY[n, -n], ARRAY['a"b', NULL], 'x'::text, ARRAY[1e300, -1e-300], \
            (-99999999999999999999999999999999999999)::decimal(38,0) FROM generate_series(1, 500) n(n)
            """)
    }
}
