import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: what values of a Bind message become is charged before one is read. Method: values whose parts are as short as they may be, and heads that lie.
final class ValueFootprintTests: XCTestCase {
    private static let count = 10_000
    /// What an element takes at least: a value for the wire, one for the question, and an allocation for a byte of its own.
    private static let leastByteCount = MemoryLayout<PostgresValue>.stride + MemoryLayout<Value>.stride + 48

    private static func list(_ element: String) -> String { "{" + [String](repeating: element, count: Self.count).joined(separator: ",") + "}" }

    private func byteCount(_ value: [UInt8], _ type: UInt32, _ format: WireFormat = .text) -> Int {
        PostgresSession.BoundValues(types: [type], formats: [format], values: [value]).byteCount
    }

    private func byteCount(_ text: String, _ type: UInt32) -> Int { byteCount(Array(text.utf8), type) }

    func test_lists_areChargedByTheirElements() throws {
        for (element, type) in [("a", PostgresType.text), ("1", .int2), ("1", .numeric), ("", .text), ("\"\"", .text)] {
            XCTAssertGreaterThan(byteCount(Self.list(element), type.arrayType), Self.count * Self.leastByteCount, "\(element) as \(type)")
        }
        var bytes: [UInt8] = []
        PostgresBinary.append(.array(PostgresArray(.text, [PostgresValue](repeating: .text([0x61]), count: Self.count))), .array(of: .text), to: &bytes)
        XCTAssertGreaterThan(byteCount(bytes, PostgresType.text.arrayType, .binary), Self.count * Self.leastByteCount)
        // Each element is in lists of its own.
        XCTAssertGreaterThan(byteCount(Self.list("{{{{{1}}}}}"), PostgresType.int4.arrayType), Self.count * (Self.leastByteCount + 5 * (MemoryLayout<Value>.stride + 32)))
        let dimensions = [Int32(Self.count), 1, 1, 1, 1, 1].map { PostgresArray.Dimension(count: $0) }
        var nested: [UInt8] = []
        PostgresBinary.append(.array(PostgresArray(.int4, dimensions: dimensions, values: [PostgresValue](repeating: .int32(1), count: Self.count))), .array(of: .int4), to: &nested)
        XCTAssertGreaterThan(byteCount(nested, PostgresType.int4.arrayType, .binary), Self.count * (Self.leastByteCount + 5 * (MemoryLayout<Value>.stride + 32)))
    }

    /// Commas and braces within an element are its own, and a long one is a few copies of itself.
    func test_longElements_areChargedByTheirBytes() {
        for text in [String(repeating: ",", count: 100_000), String(repeating: "{", count: 100_000), String(repeating: "\\\"", count: 50_000)] {
            XCTAssertLessThan(byteCount("{\"\(text)\"}", PostgresType.text.arrayType), 300_000)
        }
        XCTAssertLessThan(byteCount(String(repeating: "x", count: 100_000), PostgresType.text.rawValue), 110_000)
    }

    func test_documentsAndBits_areChargedByWhatTheyBecome() {
        let ones = "[" + [String](repeating: "1", count: Self.count).joined(separator: ",") + "]", wide = "[" + [String](repeating: "1e999", count: Self.count).joined(separator: ",") + "]"
        for type in [PostgresType.json, .jsonb] {
            XCTAssertGreaterThan(byteCount(ones, type.rawValue), Self.count * 48)
            XCTAssertGreaterThan(byteCount(wide, type.rawValue), Self.count * 999)
            XCTAssertGreaterThan(byteCount("{\"\(wide)\"}", type.arrayType), Self.count * 999)
        }
        XCTAssertGreaterThanOrEqual(byteCount([0, 0, 0x40, 0] + [UInt8](repeating: 0xFF, count: 2_048), PostgresType.varbit.rawValue, .binary), 16_384)
    }

    func test_computedValues_areChargedByWhatTheyTake() {
        let text = Value.bytes([UInt8](repeating: 0x78, count: 1_000)), place = MemoryLayout<Value>.stride
        for (parameter, least, most) in [
            (QueryParameter.null, 0, 0), (.boolean(true), 0, 0), (.number("1e9"), 3, 3), (.string("їжак"), 8, 8), (.text("1 day", .interval), 5, 5), (.typed(.integer(1), .int64), 0, 64),
            (.typed(text, .binary), 1_032, 1_200), (.typed(.list([.null, .integer(1), text]), .list(element: Field("element", .binary))), 1_064 + 3 * place, 1_400 + 3 * place),
            (.typed(.structure([.list([Value](repeating: .integer(1), count: 1_000)), .null]), .null), 1_002 * place, 1_002 * place + 400),
        ] {
            let byteCount = ValueFootprint.byteCount(of: parameter)
            XCTAssertTrue((least...most).contains(byteCount), "\(parameter.self): \(byteCount)")
        }
    }

    /// Each is refused before anything is taken for it.
    func test_headsThatLie_areOfNoElements() {
        func array(_ parts: Int32...) -> [UInt8] { parts.flatMap { FrontendWriter.integer($0) } }
        for bytes in [array(1, 0, 23, .max, 1), array(2, 0, 23, .max, 1, 0, 1), array(7, 0, 23), array(-1, 0, 23), array(1, 0, 23, -1, 1), array(0, 0, 23), [], [1, 2]] {
            XCTAssertLessThan(byteCount(bytes, PostgresType.int4.arrayType, .binary), 200, "\(bytes)")
        }
    }
}
