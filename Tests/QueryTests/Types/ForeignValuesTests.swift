import ColumnStore
import Query
import XCTest

/// Goal: values that no SQL makes, but a file of others may hold (times before midnight, days past the calendar, decimals past 38 digits), end no
/// process: they are shown, or refused. Method: the ends of each type's representation through every encoder and the functions of its kind.
final class ForeignValuesTests: XCTestCase {
    private static let integers: [Int64] = [.min, .min + 1, -86_400_000_001, -1, 0, 1, 86_400_000_000, .max - 1, .max]
    private static let decimals: [Int128] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
    private static let types: [ColumnType] = [
        .time, .timestamp(isUTC: false), .timestampTZ, .timestampNanoseconds(isUTC: true), .timestampNanoseconds(isUTC: false),
    ]

    private func tables() -> [(name: String, source: any TableSource)] {
        var tables: [(name: String, source: any TableSource)] = []
        for (index, type) in Self.types.enumerated() {
            tables.append(("t\(index)", QueryFixture.table([Field("c", type)], Self.integers.map { [.integer($0)] })))
        }
        let days: [Int64] = [Int64(Int32.min), Int64(Int32.min) + 1, -1, 0, Int64(Int32.max)]
        tables.append(("d", QueryFixture.table([Field("c", .date)], days.map { [.integer($0)] })))
        for scale in [0, 10, 38] {
            tables.append(("n\(scale)", QueryFixture.table([Field("c", .decimal38(scale: scale))], Self.decimals.map { [.decimal($0)] })))
        }
        let spans = [Interval(months: .min, days: .min, microseconds: .min), Interval(months: .max, days: .max, microseconds: .max), Interval()]
        tables.append(("i", QueryFixture.table([Field("c", .interval)], spans.map { [.interval($0)] })))
        return tables
    }

    /// Every encoder, row by row: what one row refuses must not hide the next.
    private func ask(_ query: String, _ fixture: QueryFixture) {
        guard let (columns, batches) = try? fixture.batches(query) else { return }
        var buffer: [UInt8] = []
        var csv = CSVEncoder(columns: columns)
        var lines = JSONObjectEncoder(columns: columns, isArray: false)
        var table = TableEncoder(columns: columns)
        for batch in batches {
            XCTAssertNoThrow(try csv.append(batch, into: &buffer))
            XCTAssertNoThrow(try lines.append(batch, into: &buffer))
            XCTAssertNoThrow(try table.append(batch, into: &buffer))
        }
        XCTAssertFalse(batches.contains { $0.rowCount > 0 } && buffer.isEmpty, query)
    }

    func test_timesOfFiles_throughEveryFunction_endNothing() {
        let fixture = QueryFixture(tables())
        let fields = ["microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century",
                      "millennium", "dow", "isodow", "doy", "isoyear", "epoch", "julian"]
        let functions = [
            "c", "c::text", "c::date", "c::timestamp", "c::timestamptz", "c + interval '1 day'", "c - interval '1 month'", "c + interval '-1 us'", "c - c",
            "c - timestamp '2020-01-01'", "timestamp '2020-01-01' - c", "c + 1", "c - 9223372036854775807", "age(c)", "age(c, c)", "c at time zone 'Europe/Kyiv'",
            "to_char(c, 'Y,YYY IYYY MONTH DDD J RM TZ OF')", "least(c, c)", "c < now()", "greatest(c::timestamptz, now())", "-c", "c * 2", "c / 0.5", "abs(c)",
        ] + fields.flatMap { ["extract(\($0) from c)", "date_trunc('\($0)', c)"] }
        let names = (0..<Self.types.count).map { "t\($0)" } + ["d", "i"]
        for name in names {
            let count = name == "d" ? 5 : name == "i" ? 3 : Self.integers.count
            for function in functions {
                for row in 0..<count { ask("SELECT \(function) AS c FROM (SELECT c FROM \(name) LIMIT 1 OFFSET \(row)) t", fixture) }
                ask("SELECT \(function) AS c FROM \(name)", fixture)
            }
            for aggregate in ["sum(c)", "avg(c)", "min(c)", "max(c)", "count(DISTINCT c)", "array_agg(c)", "mode() WITHIN GROUP (ORDER BY c)"] {
                ask("SELECT \(aggregate) FROM \(name)", fixture)
                ask("SELECT \(aggregate) OVER (ORDER BY c RANGE BETWEEN '1 day' PRECEDING AND '1 day' FOLLOWING) FROM \(name)", fixture)
            }
        }
    }

    func test_decimalsOfFiles_throughEveryFunction_endNothing() {
        let fixture = QueryFixture(tables())
        let functions = [
            "c", "-c", "abs(c)", "sign(c)", "c + c", "c - c", "c * c", "c / c", "c % 7", "c / 3", "round(c)", "round(c, 2)", "round(c, -5)", "floor(c)", "ceil(c)",
            "c::integer", "c::bigint", "c::double precision", "c::decimal(38,2)", "c::decimal(5,1)", "c::text", "to_char(c, '999.99')", "c = 1.5", "c < 2",
            "greatest(c, 0)", "sqrt(abs(c))", "power(c, 2)", "mod(c, 0.3)", "c + 9223372036854775807", "c - 0.00000000000000000000000000000000000001",
        ]
        for name in ["n0", "n10", "n38"] {
            for function in functions {
                for row in 0..<Self.decimals.count { ask("SELECT \(function) AS c FROM (SELECT c FROM \(name) LIMIT 1 OFFSET \(row)) t", fixture) }
                ask("SELECT \(function) AS c FROM \(name)", fixture)
            }
            for aggregate in ["sum(c)", "avg(c)", "min(c)", "max(c)", "stddev(c)", "var_pop(c)", "count(DISTINCT c)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY c)"] {
                ask("SELECT \(aggregate) FROM \(name)", fixture)
                if !aggregate.contains("WITHIN"), !aggregate.contains("DISTINCT") {
                    ask("SELECT \(aggregate) OVER (ORDER BY c RANGE BETWEEN 1 PRECEDING AND 99999999999999999999999999999999999999 FOLLOWING) FROM \(name)", fixture)
                    ask("SELECT \(aggregate) OVER (ORDER BY c DESC RANGE BETWEEN 99999999999999999999999999999999999999 PRECEDING AND CURRENT ROW) FROM \(name)", fixture)
                }
            }
        }
    }

    func test_limitsAndOffsets_atTheEndOfTheirRange_giveWhatIsThere() throws {
        let fixture = QueryFixture()
        let end = "9223372036854775807"
        XCTAssertEqual(try fixture.rows("SELECT g FROM generate_series(1,5) g(g) ORDER BY g LIMIT \(end) OFFSET 1"), "2|3|4|5")
        XCTAssertEqual(try fixture.rows("SELECT g FROM generate_series(1,5) g(g) ORDER BY 1 LIMIT 3 OFFSET \(end)"), "")
        XCTAssertEqual(try fixture.rows("SELECT g FROM generate_series(1,5) g(g) LIMIT \(end) OFFSET \(end)"), "")
    }

    func test_sumsOfDecimals_pastTheirDigits_areRefused() throws {
        let fixture = QueryFixture()
        let nines = String(repeating: "9", count: 38)
        for query in ["SELECT \(nines) + \(nines)", "SELECT x + y FROM (VALUES (\(nines), \(nines.dropLast()).9)) v(x, y)", "SELECT sum(x) FROM (VALUES (\(nines)), (\(nines))) v(x)"] {
            XCTAssertEqual(fixture.error(query)?.slug, .numericOverflow, query)
        }
        // Frames whose own sums fit, though those of all rows before them do not.
        let frames = "SELECT sum(x) OVER (ORDER BY n ROWS 0 PRECEDING) FROM (VALUES (1, \(nines)), (2, \(nines)), (3, \(nines))) v(n, x)"
        XCTAssertEqual(try fixture.rows(frames), [nines, nines, nines].joined(separator: "|"))
    }

    func test_parameters_withExponentsPastEveryNumber_areRefused() {
        let fixture = QueryFixture()
        for text in ["1e-9223372036854775808", "1e9223372036854775807", "1e99999999999999999999"] {
            XCTAssertEqual(fixture.error("SELECT $1::decimal(38,2)", parameters: [.string(text)])?.slug, .numericOverflow, text)
        }
    }

    /// The text of a float of 32 bits is that float.
    func test_floatsOf32Bits_comparedWithText_areReadAsSuch() throws {
        struct Floats: TableSource {
            let inner: MemoryTable
            var schema: Schema { inner.schema }
            var statistics: TableStatistics { inner.statistics }
            var singlePrecisionColumns: Set<String> { ["r"] }
            func scan(_ request: ScanRequest) throws -> any TableScan { try inner.scan(request) }
        }
        let value = Value.double(Double(Float(1004.3)))
        let table = QueryFixture.table([Field("r", .double), Field("d", .double)], [[value, value]])
        let fixture = QueryFixture([("f", Floats(inner: table))])
        XCTAssertEqual(try fixture.rows("SELECT r = '1004.3', '1004.3' >= r, r IN ('7', '1004.3'), r = 1004.3, d = '1004.3' FROM f"), "true,true,true,false,false")
        XCTAssertEqual(fixture.error("SELECT r = '1e300' FROM f")?.slug, .numericOverflow)
    }
}
