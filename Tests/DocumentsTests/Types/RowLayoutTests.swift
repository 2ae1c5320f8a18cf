import ColumnStore
import TestSupport
import XCTest

@testable import Documents

/// A receipt's row: what is written is read back, and damaged bytes are an error, never a trap.
final class RowLayoutTests: XCTestCase {
    private func receipt() throws -> ExtractedReceipt {
        let json =
            #"{"name":"t","version":1,"format":"json","match":{},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"b":{"path":"/b","type":"BOOLEAN"},"i":{"path":"/i","type":"INTEGER"},"g":{"path":"/g","type":"BIGINT"},"f":{"path":"/f","type":"DOUBLE"},"d":{"path":"/d","type":"DECIMAL(18,4)"},"w":{"path":"/w","type":"DECIMAL(38,2)"},"s":{"path":"/s","type":"VARCHAR"},"y":{"path":"/y","type":"DATE"},"t":{"path":"/t","type":"TIMESTAMPTZ"},"x":{"path":"/x","type":"BLOB"},"n":{"path":"/n","type":"VARCHAR"},"l":{"path":"/l","columns":{"p":{"path":"/p","type":"VARCHAR"},"q":{"path":"/q","type":"DECIMAL(9,2)"}}}}}"#
        let registry = TypeRegistry()
        try registry.put(try DocumentType(json: Array(json.utf8)))
        let document =
            #"{"id":"1","at":"2026-01-01","b":true,"i":-7,"g":9007199254740993,"f":0.5,"d":-1.25,"w":12345678901234567890123456789.01,"s":"\#(String(repeating: "ж", count: 100))","y":"2026-11-20","t":"2026-11-20T00:00:00Z","x":"AQID","l":[{"p":"a","q":1},{"q":2.5},{"p":"c"}]}"#
        let reading = try DocumentReader(registry: registry).readJSON(Array(document.utf8), ReadingOptions(now: SampleFiles.now))
        guard case .accepted(let receipt) = reading.receipts[0] else { throw Fault(.internalError, "refused: \(reading)") }
        return receipt
    }

    private let wanted: [Value] = [
        .boolean(true), .integer(-7), .integer(9_007_199_254_740_993), .double(0.5), .decimal(-12_500), .decimal(1_234_567_890_123_456_789_012_345_678_901),
        .string(String(repeating: "ж", count: 100)), .integer(20_777), .integer(1_795_132_800_000_000), .bytes([1, 2, 3]), .null,
        .list([.structure([.string("a"), .decimal(100)]), .structure([.null, .decimal(250)]), .structure([.string("c"), .null])]),
    ]

    func test_values_ofEveryType_areThoseWritten() throws {
        let receipt = try receipt()
        XCTAssertEqual(try receipt.type.layout.values(of: receipt.row), wanted)
        XCTAssertEqual(receipt.type.layout.row(of: wanted), receipt.row, "a row made of values is the row that was read")
        let none = [Value](repeating: .null, count: wanted.count)
        XCTAssertEqual(try receipt.type.layout.values(of: receipt.type.layout.row(of: none)), none.dropLast() + [.list([])])
    }

    func test_append_toATableWithMoreMembers_fillsThemWithNull() throws {
        let receipt = try receipt()
        let layout = receipt.type.layout
        let grown = ColumnType.list(element: Field("element", .structure([Field("q", .decimal(precision: 9, scale: 2)), Field("z", .date), Field("p", .string)])))
        var builders = layout.fields.dropLast().map { ColumnBuilder(type: $0.type) } + [ColumnBuilder(type: grown)]
        let targets = Array(layout.fields.indices)
        try receipt.row.withUnsafeBytes { row in
            try layout.append(row, to: &builders, targets: targets, memberTargets: layout.fields.dropLast().map { _ in [] } + [[2, 0]])
        }
        let columns = builders.indices.map { builders[$0].finish() }
        XCTAssertEqual(columns.dropLast().map { $0.value(at: 0) }, Array(wanted.dropLast()))
        XCTAssertEqual(
            columns.last?.value(at: 0),
            .list([.structure([.decimal(100), .null, .string("a")]), .structure([.decimal(250), .null, .null]), .structure([.null, .null, .string("c")])]))
    }

    private static func lines(_ precision: Int) -> ColumnType {
        let members = [Field("q", .decimal(precision: precision, scale: 2)), Field("p", .string), Field("t", .timestampTZ), Field("i", .int32), Field("w", .decimal(precision: 38, scale: 2))]
        return .list(element: Field("element", .structure(members)))
    }

    /// Lists of 0 to 20 elements, so that bits go over one and two bytes; of every other row all members of all elements are there.
    func test_append_ofManyRows_isWhatEachRowSays() throws {
        let fields = [Field("n", .int64), Field("l", Self.lines(18))]
        let layout = RowLayout(fields: fields)
        var builders = fields.map { ColumnBuilder(type: $0.type) }
        var random = SplitMix64(state: 0x2031)
        var wanted: [[Value]] = []
        for number in 0..<210 {
            let elements = (0..<number % 21).map { place -> Value in
                let members: [Value] = [
                    .decimal(Int128(Int64.random(in: -1_000_000...1_000_000, using: &random))), .string(String(repeating: "ж", count: place * 9)),
                    .integer(Int64.random(in: 0...1 << 50, using: &random)), .integer(Int64(place)), .decimal(Int128(place) << (place % 3 == 0 ? 70 : 0)),
                ]
                return .structure(members.map { number % 2 == 0 || Bool.random(using: &random) ? $0 : .null })
            }
            let row: [Value] = [.integer(Int64(number)), .list(elements)]
            try layout.row(of: row).withUnsafeBytes { try layout.append($0, to: &builders, targets: [0, 1], memberTargets: [[], []]) }
            wanted.append(row)
        }
        let columns = builders.indices.map { builders[$0].finish() }
        for (number, row) in wanted.enumerated() { XCTAssertEqual(columns.map { $0.value(at: number) }, row, "row \(number)") }
    }

    /// A table whose column has become wider than that of the row's version.
    func test_append_ofNarrowDecimalsBehindWideOnes_keepsBoth() throws {
        let (narrow, wide) = (RowLayout(fields: [Field("l", Self.lines(18))]), RowLayout(fields: [Field("l", Self.lines(38))]))
        var builders = [ColumnBuilder(type: Self.lines(38))]
        func line(_ digits: Int128) -> Value { .structure([.decimal(digits), .null, .null, .null, .null]) }
        for (layout, row) in [(wide, [line(1 << 70)]), (narrow, [line(-5), line(7)])] {
            try layout.row(of: [.list(row)]).withUnsafeBytes { try layout.append($0, to: &builders, targets: [0], memberTargets: [[]]) }
        }
        let column = builders[0].finish()
        XCTAssertEqual([column.value(at: 0), column.value(at: 1)], [.list([line(1 << 70)]), .list([line(-5), line(7)])])
    }

    func test_append_ofCutBytes_failsWhereValuesFail() throws {
        let receipt = try receipt()
        let layout = receipt.type.layout
        func place(_ read: () throws -> Void) -> Int? {
            do { try read() } catch { return (error as? RowError)?.offset }
            return nil
        }
        for length in 0..<receipt.row.count {
            let row = Array(receipt.row[..<length])
            let wanted = place { _ = try layout.values(of: row) }
            XCTAssertNotNil(wanted)
            var builders = layout.fields.map { ColumnBuilder(type: $0.type) }
            let found = place {
                try row.withUnsafeBytes { try layout.append($0, to: &builders, targets: Array(layout.fields.indices), memberTargets: layout.fields.map { _ in [] }) }
            }
            XCTAssertEqual(found, wanted, "\(length) bytes")
        }
    }

    func test_values_cutOrChangedBytes_neverTrap() throws {
        let receipt = try receipt()
        for length in 0..<receipt.row.count { XCTAssertThrowsError(try receipt.type.layout.values(of: Array(receipt.row[..<length]))) }
        var random = SplitMix64(state: 0x2023)
        for _ in 0..<5_000 {
            var row = receipt.row
            row[Int.random(in: 0..<row.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? receipt.type.layout.values(of: row)
        }
    }

    func test_lines_endsAndBlanks_areLeftOut() {
        let body = Array("{}\r\n\n  \n[1]\n\"x\"".utf8)
        XCTAssertEqual(NDJSONLines.lines(body).map { String(decoding: body[$0], as: UTF8.self) }, ["{}", "[1]", "\"x\""])
        XCTAssertEqual(NDJSONLines.lines([]), [])
    }
}
