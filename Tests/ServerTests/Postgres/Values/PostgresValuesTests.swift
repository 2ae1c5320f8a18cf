import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: values go over the wire as PostgreSQL 15's own do, in both forms and both ways. Method: values at random and at the ends of their types, written by us as text,
/// read by a real PostgreSQL, which gives back its own text and binary: ours must be those, byte for byte, and read back to the same value.
final class PostgresValuesTests: XCTestCase {
    private static let types: [PostgresType] = [
        .bool, .int2, .int4, .int8, .float4, .float8, .numeric, .text, .varchar, .bytea, .char, .name, .date, .time, .timestamp, .timestamptz, .interval, .uuid, .json, .jsonb, .oid, .xid,
        .int2vector, .oidvector, .bit, .varbit,
    ]
    private static let perType = 60

    private struct Case {
        var zone: String
        var type: PostgresColumnType
        var text: [UInt8]

        var line: String { "\(zone)\t\(type.number)\t\(Data(text).base64EncodedString())" }
    }

    private static func rules(_ zone: String) throws -> TimeZoneRules { try XCTUnwrap(TimeZoneDatabase.system.rules(for: zone)) }

    private static func offset(_ rules: TimeZoneRules) -> PostgresText.Offset {
        { timestamp in rules.offset(atUTCSeconds: Int64((Double(PostgresTime.unixMicroseconds(timestamp)) / 1e6).rounded(.down))) }
    }

    func test_texts_asDriversWriteThem_areRead() throws {
        func read(_ text: String, _ type: PostgresColumnType) throws -> PostgresValue { try PostgresText.read(Array(text.utf8), type) }
        let texts: [PostgresValue] = ["p", "f"].map { .text(Array($0.utf8)) }
        // ADBC's lists have blanks, pgjdbc's dates an offset.
        XCTAssertEqual(try read(#" { "p", f , NULL ," a "} "#, .array(of: .text)), .array(PostgresArray(.text, texts + [.null, .text(Array(" a ".utf8))])))
        for text in ["{a, }", "{ , a}", "{a} b", "{\"a\" b}"] { XCTAssertThrowsError(try read(text, .array(of: .text)), text) }
        for text in ["2026-11-19 +00", "2026-11-19 -03:30", "2026-11-19 23:59:59+02"] { XCTAssertEqual(try read(text, .plain(.date)), try read("2026-11-19", .plain(.date)), text) }
        for text in ["2026-11-19 +", "2026-11-19 x", "2026-02-30", ""] { XCTAssertThrowsError(try read(text, .plain(.date)), text) }
    }

    func test_values_areThoseOfPostgreSQL() throws {
        var random = SplitMix64(state: 15)
        var cases: [Case] = []
        for type in Self.types {
            for index in 0..<Self.perType {
                let zone = type == .timestamptz ? ["UTC", "Europe/Kyiv", "Asia/Kolkata", "America/St_Johns"][index % 4] : "UTC"
                let value = RandomPostgresValue.make(type, using: &random)
                var text: [UInt8] = []
                PostgresText.append(value, .plain(type), offset: Self.offset(try Self.rules(zone)), to: &text)
                cases.append(Case(zone: zone, type: .plain(type), text: text))
            }
            if type.arrayType != 0, type.form != .vector, type != .char {
                for _ in 0..<20 {
                    var text: [UInt8] = []
                    PostgresText.append(.array(RandomPostgresValue.array(type, using: &random)), .array(of: type), to: &text)
                    cases.append(Case(zone: "UTC", type: .array(of: type), text: text))
                }
            }
        }
        cases += RandomPostgresValue.corners.map { Case(zone: "UTC", type: .plain($0.0), text: Array($0.1.utf8)) }
        cases.sort { ($0.zone, $0.type.number) < ($1.zone, $1.type.number) }
        let answers = try PythonReader.filter("Reference/postgres_values.py", cases.map(\.line))
        if answers.exitCode == 77 { throw XCTSkip(answers.lines.joined(separator: "\n")) }
        XCTAssertEqual(answers.lines.count, cases.count, answers.error)
        var wrong = 0
        for (each, line) in zip(cases, answers.lines) where wrong < 40 {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, parts[0] == "ok", let text = Data(base64Encoded: parts[1]).map(Array.init), let binary = Data(base64Encoded: parts[2]).map(Array.init) else {
                XCTFail("\(each.type) \(String(decoding: each.text, as: UTF8.self)): PostgreSQL says \(line)")
                wrong += 1
                continue
            }
            do { if try !Self.agrees(each, text, binary) { wrong += 1 } } catch {
                XCTFail("\(each.type) \(String(decoding: text, as: UTF8.self)): \(error)")
                wrong += 1
            }
        }
    }

    private static func agrees(_ each: Case, _ text: [UInt8], _ binary: [UInt8]) throws -> Bool {
        let value = try PostgresText.read(text, each.type)
        var ours: [UInt8] = [], bytes: [UInt8] = [], again: [UInt8] = []
        PostgresText.append(value, each.type, offset: offset(try rules(each.zone)), to: &ours)
        PostgresBinary.append(value, each.type, to: &bytes)
        PostgresText.append(try PostgresBinary.read(binary[...], each.type), each.type, offset: offset(try rules(each.zone)), to: &again)
        let shown = "\(each.type) \(String(decoding: text, as: UTF8.self))"
        XCTAssertEqual(String(decoding: ours, as: UTF8.self), String(decoding: text, as: UTF8.self), "text of \(shown)")
        XCTAssertEqual(String(decoding: again, as: UTF8.self), String(decoding: text, as: UTF8.self), "binary read of \(shown)")
        XCTAssertEqual(bytes, binary, "binary of \(shown)")
        return ours == text && again == text && bytes == binary
    }

    func test_binary_anyBytes_areAValueOrAFault() {
        var random = SplitMix64(state: 16)
        for type in PostgresType.allCases {
            for round in 0..<200 {
                var bytes: [UInt8] = []
                let value = RandomPostgresValue.array(type, using: &random)
                let kind: PostgresColumnType = round % 2 == 0 && type.arrayType != 0 ? .array(of: type) : .plain(type)
                if case .array = kind { PostgresBinary.append(.array(value), kind, to: &bytes) } else { bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) } }
                for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty { bytes[Int.random(in: bytes.indices, using: &random)] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0 }
                bytes.removeLast(Int.random(in: 0...min(3, bytes.count), using: &random))
                guard let read = try? PostgresBinary.read(bytes[...], kind) else { continue }
                var text: [UInt8] = [], written: [UInt8] = []
                PostgresText.append(read, kind, to: &text)
                PostgresBinary.append(read, kind, to: &written)
                var again: [UInt8] = []
                if let second = try? PostgresBinary.read(written[...], kind) { PostgresBinary.append(second, kind, to: &again) }
                XCTAssertEqual(again, written, "\(kind) \(read)")
            }
        }
    }

    func test_numeric_andDecimals_areTheSameNumber() {
        var random = SplitMix64(state: 17)
        for _ in 0..<3_000 {
            let scale = Int.random(in: 0...38, using: &random)
            let bound = (0..<Int.random(in: 0...38, using: &random)).reduce(1 as Int128) { power, _ in power * 10 } - 1
            let unscaled = Int128.random(in: -bound...bound, using: &random)
            let numeric = PostgresNumeric(unscaled, scale: scale)
            XCTAssertEqual(numeric.decimal?.unscaled, unscaled)
            XCTAssertEqual(numeric.decimal?.scale, scale)
            var text: [UInt8] = []
            numeric.appendText(to: &text)
            XCTAssertEqual(PostgresNumeric(text: text), numeric, String(decoding: text, as: UTF8.self))
        }
        XCTAssertNil(PostgresNumeric(text: "100000000000000000000000000000000000000".utf8)?.decimal)
        XCTAssertNil(PostgresNumeric.notANumber.decimal)
        XCTAssertEqual(PostgresNumeric(text: "1e37".utf8)?.decimal?.unscaled, (0..<37).reduce(1 as Int128) { power, _ in power * 10 })
        for bad in ["", "-", ".", "1.2.3", "1e", "1e999999", "e5", "0x10", " 1", "--1"] { XCTAssertNil(PostgresNumeric(text: bad.utf8), bad) }
    }

    func test_arrays_thatLie_areRefused() {
        func array(_ parts: Int32...) -> [UInt8] { parts.flatMap { FrontendWriter.integer($0) } }
        for bytes in [
            array(1, 0, 23, .max, 1), array(6, 0, 23, 65_536, 1, 65_536, 1, 65_536, 1, 65_536, 1, 65_536, 1, 65_536, 1), array(7, 0, 23), array(-1, 0, 23), array(1, 2, 23, 0, 1), array(1, 0, 25, 0, 1),
            array(1, 0, 23, 1, .max, 4, 7), array(1, 0, 23, -1, 1), array(1, 0, 23, 1, 1, 4), array(1, 0, 23, 1, 1, 3, 0), array(1, 0, 23, 1, 1, -2), array(0, 0, 23, 0),
        ] {
            XCTAssertThrowsError(try PostgresBinary.read(bytes[...], .array(of: .int4)), "\(bytes)")
        }
        for text in ["", "{", "}", "{1,2", "{{1},{2,3}}", "{1}{2}", "{1,}", "{\"a}", "[0:1]={1", "[x:1]={1}", "{{{{{{{1}}}}}}}", "{1,{2}}"] {
            XCTAssertThrowsError(try PostgresText.read(Array(text.utf8), .array(of: .int4)), text)
        }
    }
}
