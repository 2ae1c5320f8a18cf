import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: a column goes out as the type that it was described as. Method: each type that is told otherwise than its values lie, in both forms, against the values' own output functions.
final class CellEncoderTests: XCTestCase {
    private func check(_ values: [Value], _ type: ColumnType, _ declared: String, _ wire: PostgresColumnType, _ wanted: [PostgresValue], line: UInt = #line) {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        let column = builder.finish()
        XCTAssertEqual(AnswerColumns.type(ResultColumn(name: "x", type: type, declared: declared)), wire, line: line)
        for format in [WireFormat.text, .binary] {
            let encoder = CellEncoder(column, format, zone: .utc, as: wire)
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
        check([.string("r"), .string("v")], .string, "char", .plain(.char), [.character(0x72), .character(0x76)])
    }

    func test_vectors() {
        let numbers = PostgresArray(.int2, dimensions: [.init(count: 2, first: 0)], values: [.int16(1), .int16(3)])
        check([.list([.integer(1), .integer(3)])], .list(element: Field("element", .int32)), "int2vector", .plain(.int2vector), [.array(numbers)])
        let oids = PostgresArray(.oid, dimensions: [.init(count: 1, first: 0)], values: [.oid(23)])
        check([.list([.integer(23)])], .list(element: Field("element", .int64)), "oidvector", .plain(.oidvector), [.array(oids)])
        check([.list([.string("a"), .null])], .list(element: Field("element", .string)), "name[]", .array(of: .name), [.array(PostgresArray(.name, [.text([0x61]), .null]))])
    }

    func test_procedures_areNamesInText_andNumbersInBinary() {
        var builder = ColumnBuilder(type: .int64)
        for number in [1_242, 0, 99] as [Int64] { builder.append(.integer(number)) }
        let column = builder.finish()
        var text: [UInt8] = [], binary: [UInt8] = []
        for row in 0..<3 {
            CellEncoder(column, .text, zone: .utc, as: .plain(.regproc)).append(row, to: &text)
            CellEncoder(column, .binary, zone: .utc, as: .plain(.regproc)).append(row, to: &binary)
        }
        XCTAssertEqual(String(decoding: text, as: UTF8.self), "boolin-99")
        XCTAssertEqual(binary, [0, 0, 4, 0xDA, 0, 0, 0, 0, 0, 0, 0, 99])
    }

    func test_aTypeThatItsValuesAreNot_isNotTold() {
        XCTAssertEqual(AnswerColumns.type(ResultColumn(name: "x", type: .string, declared: "oid")), .plain(.text))
        XCTAssertEqual(AnswerColumns.type(ResultColumn(name: "x", type: .int64, declared: "no such type")), .plain(.int8))
    }
}
