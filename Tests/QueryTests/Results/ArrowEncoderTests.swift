import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Query

/// Goal: readers that are not ours take our Arrow streams and see the rows that were asked. Method: answers of all types, of no row and of many batches, plain and compressed, are
/// written to files and read by pyarrow, polars and DuckDB; a stream without its end is seen to be one.
final class ArrowEncoderTests: XCTestCase {
    private func stream(_ query: String, _ compression: ArrowCompression?, ended: Bool = true) throws -> [UInt8] {
        let (columns, batches) = try QueryFixture(threads: 1).batches(query)
        var encoder = try ArrowEncoder(columns: columns, compression: compression)
        var bytes: [UInt8] = []
        encoder.begin(into: &bytes)
        for batch in batches { try encoder.append(batch, into: &bytes) }
        if ended { encoder.end(cursor: nil, statistics: QueryStatistics(), into: &bytes) }
        return bytes
    }

    private static let everyType = """
        SELECT i AS n, i % 2 = 0 AS b, i::bigint * 5000000000 AS l, i / 8e0 AS f, i::decimal(12,3) / 8 AS d, '12345678901234567890123.5'::decimal(38,1) + i AS wide,
            (ARRAY['хліб', '', 'сіль'])[i % 3 + 1] AS word, date '2024-02-29' + i AS day, time '10:20:30.5' AS t, timestamp '2024-02-29 10:00' AS local,
            timestamptz '1969-12-31 23:59:59.5+00' AS at, '\\x00ff'::bytea AS bytes, ARRAY[i, NULL] AS list, '3b241101-e2bb-4255-8caf-4136c566a962'::uuid AS id,
            interval '1 day' AS span, '{"a": [1]}'::jsonb AS doc, NULL AS nothing
        FROM (SELECT nullif(g, 5)::integer AS i FROM generate_series(0, %d) AS s(g)) AS x
        """

    func test_everyType_isReadByOthers() throws {
        let directory = try TemporaryDirectory()
        let query = Self.everyType.replacing("%d", with: "20000")
        let files = ["plain": nil, "zstd": ArrowCompression.zstd, "lz4": .lz4] as [String: ArrowCompression?]
        for (name, compression) in files { try Data(try stream(query, compression)).write(to: URL(fileURLWithPath: "\(directory.path)/\(name)")) }
        try Data(try stream(query, nil, ended: false)).write(to: URL(fileURLWithPath: "\(directory.path)/cut"))
        let result = try PythonReader.run("QueryTests/Readers/read_arrow.py", ["plain", "zstd", "lz4", "cut"].map { "\(directory.path)/\($0)" })
        XCTAssertEqual(result.exitCode, 0, result.output)
        let lines = result.output.split(separator: "\n")
        XCTAssertEqual(
            lines.first,
            "n:int32 b:bool l:int64 f:double d:decimal128(38, 6) wide:decimal128(38, 1) word:string day:date32[day] t:time64[us] local:timestamp[us] at:timestamp[us, tz=UTC] bytes:binary list:list<item: int32> id:string span:string doc:string nothing:string")
        XCTAssertTrue(lines.count > 1 && lines[1].contains("'wide': Decimal('12345678901234567890123.5')") && lines[1].contains("'list': [0, None]"), result.output)
        XCTAssertEqual(lines.count > 4 ? lines[4] : "", "20001 1", result.output)
    }

    /// Neither Arrow nor Parquet has a place for them.
    func test_infiniteTimes_areRefused() throws {
        for value in ["date 'infinity'", "timestamp '-infinity'", "timestamptz 'infinity'", "ARRAY[date '2026-11-20', '-infinity']"] {
            let query = "SELECT \(value) AS t"
            XCTAssertThrowsError(try stream(query, nil), value) { XCTAssertEqual(($0 as? QueryError)?.cause, .timeOutOfRange, value) }
            let (columns, batches) = try QueryFixture(threads: 1).batches(query)
            var parquet = try ParquetEncoder(columns: columns), bytes: [UInt8] = []
            XCTAssertThrowsError(try parquet.append(batches[0], into: &bytes), value) { XCTAssertEqual(($0 as? QueryError)?.cause, .timeOutOfRange, value) }
        }
        XCTAssertEqual(try QueryFixture(threads: 1).rows("SELECT date 'infinity', timestamp '-infinity', ARRAY[timestamptz 'infinity']"), #"infinity,-infinity,"[""infinity""]""#)
    }

    func test_noRows_areASchemaAndAnEnd() throws {
        let bytes = try stream("SELECT 1 AS n, 'x' AS word WHERE false", nil)
        XCTAssertTrue(bytes.starts(with: [0xFF, 0xFF, 0xFF, 0xFF]))
        XCTAssertEqual(Array(bytes.suffix(8)), [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])
        XCTAssertEqual(bytes.count % 8, 0)
    }

    /// A dictionary that comes again is not sent again, and another takes its place.
    func test_dictionaries_areSentOnce() throws {
        func column(_ words: [String], _ codes: [UInt32], _ values: DictionaryValues? = nil) -> (Column, DictionaryValues) {
            var builder = ColumnBuilder(type: .string)
            for word in words { builder.append(.string(word)) }
            let values = values ?? DictionaryValues(values: builder.finish())
            return (Column(type: .string, count: codes.count, values: .dictionary(codes: codes, values)), values)
        }
        var encoder = try ArrowEncoder(columns: [ResultColumn(name: "word", type: .string)])
        var sizes: [Int] = []
        let (first, shared) = column(["a", "b"], [0, 1, 0])
        for part in [first, column([], [1, 1, 1], shared).0, column(["c"], [0, 0, 0]).0] {
            var bytes: [UInt8] = []
            try encoder.append(ColumnBatch(rowCount: 3, columns: [part]), into: &bytes)
            sizes.append(bytes.count)
        }
        XCTAssertGreaterThan(sizes[0], sizes[2])
        XCTAssertGreaterThan(sizes[2], sizes[1])
    }
}
