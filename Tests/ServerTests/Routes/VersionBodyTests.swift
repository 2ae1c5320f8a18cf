import ColumnStore
import Documents
import XCTest

@testable import Ingest
@testable import Server

/// Goal: what a version is charged with is no less than its text. Method: changes of each type, and of texts that are long in JSON.
final class VersionBodyTests: XCTestCase {
    private static func body(_ field: Field, _ from: Value, _ to: Value) -> VersionBody {
        VersionBody(
            version: DocumentVersion(
                version: .max, ticketID: "01JDABCDEFGHJKMNPQRSTVWXYZ", receivedAt: 1_795_000_000_123_456, validTo: 1_795_000_000_123_457, isRemoved: false,
                uploadID: "u_0123456789abcdef", state: .processing, changes: [.init(field: field, from: from, to: to)]))
    }

    func test_text_isNoLongerThanIsAskedFor() {
        let names = Field("names", .list(element: Field("element", .string)))
        let parts = Field("parts", .list(element: Field("element", .structure([Field("a\"b", .string), Field("n", .int64), Field("at", .timestamp(isUTC: true))]))))
        let amount = Field("amount", .decimal(precision: 38, scale: 10))
        let short: [Value] = (0..<1_000).map { Value.string("\($0 % 7)") }
        let members: [Value] = (0..<100).map { number in Value.structure([Value.string("\u{1}"), Value.integer(number), Value.integer(number)]) }
        var bodies: [VersionBody] = [
            Self.body(Field("n", .int64), .integer(.min), .null), Self.body(Field("d", .double), .double(-.leastNonzeroMagnitude), .double(-.greatestFiniteMagnitude)),
            Self.body(Field("day", .date), .integer(20_000), .integer(-20_000)), Self.body(Field("b", .boolean), .boolean(true), .boolean(false)),
            Self.body(Field("at", .timestamp(isUTC: true)), .integer(1_795_000_000_123_456), .integer(0)),
            Self.body(amount, .decimal(-12_345_678_901_234_567_890_123_456_789_012_345_678), .decimal(1)),
            Self.body(Field("bytes", .binary), .bytes([UInt8](repeating: 0xFF, count: 1_000)), .bytes([])),
            Self.body(names, .list(short), .list([.string("\u{1}\u{2}\"\\"), .null])),
            Self.body(parts, .list(members), .null),
        ]
        for text in ["\u{1}", "\"", "\\", "\n", "a", "\u{E9}", ""] {
            let value = Value.string(String(repeating: text, count: 5_000))
            bodies.append(Self.body(Field("na\u{1}me\"", .string), value, value))
        }
        for (place, body) in bodies.enumerated() {
            XCTAssertGreaterThanOrEqual(body.version.textByteCountMax, body.json().count, "\(place)")
        }
        // A list of short texts is not taken for one of long ones.
        XCTAssertLessThan(bodies[7].version.textByteCountMax, 2 * bodies[7].json().count + 1_024)
    }
}
