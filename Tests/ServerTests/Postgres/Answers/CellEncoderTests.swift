import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: a column goes out as the type that it was described as. Method: each type that is sent otherwise than its values lie, in both forms, against the values' own output functions.
final class CellEncoderTests: XCTestCase {
    private func check(_ values: [Value], _ type: ColumnType, _ declared: String, _ wire: PostgresColumnType, _ wanted: [PostgresValue], line: UInt = #line) {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        let column = builder.finish()
        XCTAssertEqual(AnswerColumns.type(ResultColumn(name: "x", type: type, declared: declared)), wire, line: line)
        for format in [WireFormat.text, .binary] {
            let encoder = CellEncoder(column, format, style: .utc, as: wire)
            for (row, value) in wanted.enumerated() {
                var (found, expected): ([UInt8], [UInt8]) = ([], [])
                XCTAssertEqual(encoder.isNull(row), value == .null, line: line)
                guard value != .null else { continue }
                encoder.append(row, to: &found)
                if format == .binary { PostgresBinary.append(value, wire, to: &expected) } else { PostgresText.append(value, wire, to: &expected) }
                XCTAssertEqual(found, expected, "\(declared) in \(format): \(value)", line: line)
            }
        }
    }

    func test_numbers() {
        check([.integer(1), .null, .integer(4_294_967_295)], .int64, "oid", .plain(.oid), [.oid(1), .null, .oid(.max)])
        check([.integer(-7), .integer(32_767)], .int32, "int2", .plain(.int2), [.int16(-7), .int16(32_767)])
        check([.double(0.1), .double(-1.5)], .double, "float4", .plain(.float4), [.float32(0.1), .float32(-1.5)])
    }

    func test_texts() {
        check([.string("receipts"), .string("")], .string, "name", .plain(.name), [.text(Array("receipts".utf8)), .text([])])
        check([.string("<a/>")], .string, "xml", .plain(.xml), [.text(Array("<a/>".utf8))])
        // A declaration that says what holds by default is none.
        let documents = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>", "<?xml version='1.0' standalone='no' ?><a/>", "<?xml version=\"1.1\"?>\n<a/>", "<?xml version=1?><a/>"]
        let shown = ["<a/>", "<?xml version=\"1.0\" standalone=\"no\"?><a/>", "<?xml version=\"1.1\"?>\n<a/>", "<?xml version=1?><a/>"]
        check(documents.map { .string($0) }, .string, "xml", .plain(.xml), shown.map { .text(Array($0.utf8)) })
        // Its bytes begin with the number of its form.
        check([.string("$.\"a\""), .null], .string, "jsonpath", .plain(.jsonpath), [.text(Array("$.\"a\"".utf8)), .null])
        check([.string("r"), .string("v")], .string, "char", .plain(.char), [.character(0x72), .character(0x76)])
    }

    func test_vectors() {
        let numbers = PostgresArray(.int2, dimensions: [.init(count: 2, first: 0)], values: [.int16(1), .int16(3)])
        check([.list([.integer(1), .integer(3)])], .list(element: Field("element", .int32)), "int2vector", .plain(.int2vector), [.array(numbers)])
        let oids = PostgresArray(.oid, dimensions: [.init(count: 1, first: 0)], values: [.oid(23)])
        check([.list([.integer(23)])], .list(element: Field("element", .int64)), "oidvector", .plain(.oidvector), [.array(oids)])
        check([.list([.string("a"), .null])], .list(element: Field("element", .string)), "name[]", .array(of: .name), [.array(PostgresArray(.name, [.text([0x61]), .null]))])
    }

    /// One comparison of Strings of as many combining marks would take minutes, and the test would not end.
    func test_elementsOfCombiningMarks_areComparedWithNoWord() throws {
        let marks = "a" + String(repeating: "\u{301}\u{316}", count: 200_000)
        let texts: [(String, String)] = [(marks, marks), ("null", "\"null\""), ("NULL", "\"NULL\""), ("nulls", "nulls"), ("a b", "\"a b\"")]
        let items = texts.map { Value.string($0.0) } + [Value.null]
        var builder = ColumnBuilder(type: .list(element: Field("element", .string)))
        builder.append(.list(items))
        var text: [UInt8] = []
        CellEncoder(builder.finish(), .text, style: .utc).append(0, to: &text)
        XCTAssertTrue(text.elementsEqual("{\(texts.map(\.1).joined(separator: ",")),NULL}".utf8))
        guard case .array(let read) = try PostgresText.read(text, .array(of: .text)) else { return XCTFail("no list") }
        let expected = texts.map { PostgresValue.text(Array($0.0.utf8)) } + [PostgresValue.null]
        XCTAssertEqual(read.values, expected)
    }

    func test_procedures_areNamesInText_andNumbersInBinary() {
        var builder = ColumnBuilder(type: .int64)
        for number in [1_242, 0, 99] as [Int64] { builder.append(.integer(number)) }
        let column = builder.finish()
        var text: [UInt8] = [], binary: [UInt8] = []
        let style = AnswerStyle(zone: .utc, names: RegistryNames(SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7))))
        for row in 0..<3 {
            CellEncoder(column, .text, style: style, as: .plain(.regproc)).append(row, to: &text)
            CellEncoder(column, .binary, style: .utc, as: .plain(.regproc)).append(row, to: &binary)
        }
        XCTAssertEqual(String(decoding: text, as: UTF8.self), "boolin-99")
        XCTAssertEqual(binary, [0, 0, 4, 0xDA, 0, 0, 0, 0, 0, 0, 0, 99])
    }

    /// JSON's own marks in what is no text by nature: the backslash before the digits of bytes.
    func test_bytesWithinDocuments_areTextsOfJSON() {
        let member = ColumnType.structure([Field("b", .binary), Field("u", .uuid), Field("d", .date), Field("t", .timestampTZ)])
        var builder = ColumnBuilder(type: .list(element: Field("element", member)))
        builder.append(.list([.structure([.bytes([0x68, 0x69]), .bytes([UInt8](0..<16)), .integer(19_724), .integer(0)]), .structure([.null, .null, .null, .null])]))
        var text: [UInt8] = []
        CellEncoder(builder.finish(), .text, style: .utc).append(0, to: &text)
        XCTAssertEqual(
            String(decoding: text, as: UTF8.self),
            #"[{"b": "\\x6869", "u": "00010203-0405-0607-0809-0a0b0c0d0e0f", "d": "2024-01-02", "t": "1970-01-01T00:00:00+00:00"}, {"b": null, "u": null, "d": null, "t": null}]"#)
    }

    /// As casts to text within a question write them; the binary form knows no styles.
    func test_daysAndMoments_haveTheSessionsStyle() throws {
        let zone = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: "Europe/Kyiv"))
        let style = AnswerStyle(zone: zone, forms: ValueForms(dates: .german))
        for (type, value, text) in [
            (ColumnType.date, Int64(19_724), "02.01.2024"), (.date, Int64(Int32.max), "infinity"), (.timestamp(isUTC: false), 1_704_164_645_678_000, "02.01.2024 03:04:05.678"),
            (.timestampTZ, 1_704_164_645_678_000, "02.01.2024 05:04:05.678 EET"), (.timestampTZ, .min, "-infinity"),
        ] {
            var builder = ColumnBuilder(type: type)
            builder.append(.integer(value))
            let column = builder.finish()
            var cell: [UInt8] = [], run = CellRun(), binary: [UInt8] = [], plain: [UInt8] = []
            CellEncoder(column, .text, style: style).append(0, to: &cell)
            run.fill(0..<1, of: CellEncoder(column, .text, style: style))
            XCTAssertEqual(String(decoding: cell, as: UTF8.self), text)
            XCTAssertEqual(String(decoding: run.bytes, as: UTF8.self), text)
            CellEncoder(column, .binary, style: style).append(0, to: &binary)
            CellEncoder(column, .binary, style: .utc).append(0, to: &plain)
            XCTAssertEqual(binary, plain)
        }
    }

    func test_aRun_isItsCells() throws {
        let texts: [Value] = [.string(""), .string("a"), .null, .string("Київ"), .string("a")]
        let columns: [(ColumnType, [Value])] = [
            (.boolean, [.boolean(true), .null, .boolean(false)]), (.int32, [.integer(-7), .null, .integer(Int64(Int32.max))]), (.int64, [.integer(.min), .integer(0), .null]),
            (.double, [.double(0.1), .null, .double(-.infinity)]), (.decimal38(scale: 4), [.decimal(-1), .null, .decimal(123_456_789)]), (.date, [.integer(-3), .null]),
            (.timestampTZ, [.integer(1_700_000_000_123_456), .null]), (.timestamp(isUTC: false), [.integer(-1)]), (.time, [.integer(1)]), (.interval, [.interval(Interval(days: 1)), .null]),
            (.string, texts), (.binary, [.bytes([0, 1]), .null, .bytes([])]), (.uuid, [.bytes([UInt8](0..<16)), .null]), (.jsonb, [.string("[1]"), .null]), (.json(isBinary: false), [.string("{}")]),
            (.list(element: Field("element", .int32)), [.list([.integer(1), .null]), .null, .list([])]), (.int32, [.null, .null]),
        ]
        for (type, values) in columns {
            var builder = ColumnBuilder(type: type)
            for value in values { builder.append(value) }
            let flat = builder.finish()
            var forms = [flat, Column.constant(values[0], type: type, count: 4)]
            if type == .string { forms.append(Column(type: type, count: 4, values: .dictionary(codes: [1, 0, 1, 1], DictionaryValues(values: Column.constant(.string("x"), type: type, count: 2).flattened())))) }
            if type == .decimal38(scale: 4) { forms.append(Column(type: .decimal(precision: 18, scale: 4), count: 3, values: .int64([.max, .min, 10_000]))) }
            for column in forms {
                for format in [WireFormat.text, .binary] {
                    let encoder = CellEncoder(column, format, style: .utc)
                    for rows in [0..<column.count, min(1, column.count)..<column.count, 0..<0] {
                        var run = CellRun()
                        run.fill(rows, of: encoder)
                        // Another time, over what it holds.
                        run.fill(rows, of: encoder)
                        for row in rows {
                            var cell: [UInt8] = []
                            if !encoder.isNull(row) { encoder.append(row, to: &cell) }
                            let range = run.range(at: row - rows.lowerBound)
                            XCTAssertEqual(range == nil, encoder.isNull(row), "\(type) in \(format), row \(row)")
                            XCTAssertEqual(range.map { Array(run.bytes[$0]) } ?? [], cell, "\(type) in \(format), row \(row)")
                        }
                    }
                }
            }
        }
    }

    func test_decimals_areTheSameByAShorterWay() {
        let near = (0...18).flatMap { digits -> [Int64] in
            let power = (0..<digits).reduce(1 as Int64) { power, _ in power * 10 }
            return [power, power - 1, power + 1, -power, 9 * power / 7]
        }
        for value in near + [0, .max, .min, 10_000, 100_000_000, 1_200_000, -5] {
            for scale in 0...18 {
                var (found, expected): ([UInt8], [UInt8]) = ([], [])
                PostgresNumeric.appendBinary(value, scale: scale, to: &found)
                PostgresNumeric(Int128(value), scale: scale).appendBinary(to: &expected)
                XCTAssertEqual(found, expected, "\(value) at \(scale)")
            }
        }
    }

    func test_aTypeThatItsValuesAreNot_isNotTold() {
        XCTAssertEqual(AnswerColumns.type(ResultColumn(name: "x", type: .string, declared: "oid")), .plain(.text))
        XCTAssertEqual(AnswerColumns.type(ResultColumn(name: "x", type: .int64, declared: "no such type")), .plain(.int8))
    }
}
