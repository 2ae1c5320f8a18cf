import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a rollup that names what is not there, or what no rollup can have, is refused with each place. Method: bodies with one fault each.
final class RollupReaderTests: XCTestCase {
    private func faults(_ text: String, name: String = "r", in fixture: EngineFixture) throws -> [String] {
        do {
            _ = try fixture.engine.putRollup(name: name, body: try JSONParser.parse(Array(text.utf8)))
            return []
        } catch let fault as Fault {
            XCTAssertEqual(fault.code, .invalidRollup, fault.detail)
            return fault.errors.map(\.pointer)
        }
    }

    func test_put_badRollups_nameEachPlace() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let keys = (0..<100).map { #""k\#($0)":"client_id""# }.joined(separator: ",")
        let cases: [(String, [String])] = [
            (#"{"name":"r","table":"receipts","group_by":{},"measures":{"n":"count(*)"},"order":1}"#, ["/order"]),
            (#"{"name":"s","table":"receipts","group_by":{},"measures":{"n":"count(*)"}}"#, ["/name"]),
            (#"{"name":"r","table":"none","group_by":{},"measures":{"n":"count(*)"}}"#, ["/table"]),
            (#"{"name":"r","table":"receipts","group_by":{},"measures":{}}"#, ["/measures"]),
            (#"{"name":"r","table":"receipts","group_by":{"a":"nothing"},"measures":{"n":"count(*)","m":"sum(nowhere)"}}"#, ["/group_by/a", "/measures/m"]),
            (#"{"name":"r","table":"receipts","group_by":{"a":"now()"},"measures":{"n":"count(*)"}}"#, ["/group_by/a"]),
            (#"{"name":"r","table":"receipts","group_by":{"a":"(SELECT 1)"},"measures":{"n":"count(*)"}}"#, ["/group_by/a"]),
            (#"{"name":"r","table":"receipts","group_by":{"a":"client_id -- "},"measures":{"n":"count(*)"}}"#, []),
            (#"{"name":"r","table":"receipts","group_by":{"a":"client_id) AS x, (1"},"measures":{"n":"count(*)"}}"#, ["/group_by/a"]),
            (#"{"name":"r","table":"receipts","group_by":{"a":"lines"},"measures":{"n":"count(*)"}}"#, ["/group_by/a"]),
            (#"{"name":"r","table":"receipts","group_by":{},"measures":{"n":"avg(total)"}}"#, ["/measures/n"]),
            (#"{"name":"r","table":"receipts","group_by":{},"measures":{"n":"sum(total) * 2"}}"#, ["/measures/n"]),
            (#"{"name":"r","table":"receipts","group_by":{},"measures":{"n":"count(DISTINCT client_id)"}}"#, ["/measures/n"]),
            (#"{"name":"r","table":"receipts","group_by":{},"measures":{"n":"sum(total::DOUBLE)"}}"#, ["/measures/n"]),
            (#"{"name":"r","table":"receipts","group_by":{},"measures":{"n":"total"}}"#, ["/measures/n"]),
            (#"{"name":"r","table":"receipts","where":"total","group_by":{},"measures":{"n":"count(*)"}}"#, ["/where"]),
            (#"{"name":"r","table":"receipts","where":null,"unnest":"total","group_by":{},"measures":{"n":"count(*)"}}"#, ["/unnest"]),
            (#"{"name":"r","table":"receipts","group_by":{\#(keys)},"measures":{"n":"count(*)"}}"#, ["/group_by"]),
            (#"{"name":"r","table":"receipts","group_by":{"n":"client_id"},"measures":{"n":"count(*)"}}"#, ["/measures/n"]),
            (#"[1]"#, [""]),
            // All that can be said of it at once, as it stands there.
            (#"{"table":"receipts","group_by":{"X":"nope","y":"nah"},"foo":1,"where":"zap","measures":{"n":"count(*)","rev":"sum(total)","r":"avg(total)"}}"#,
             ["/group_by/X", "/group_by/y", "/foo", "/where", "/measures/r"]),
            (#"{"measures":{"n":"sum(nowhere)","m":"sum("},"table":"nix","unnest":"k","group_by":{"X":"nope","y":"nope"}}"#, ["/measures/m", "/table", "/group_by/X"]),
            (#"{"where":"zap","unnest":"nothing","name":"R","table":"receipts","measures":{"n":"sum(nowhere)"}}"#, ["/unnest", "/name", "/group_by"]),
            (#"{"name":"receipts","where":1,"group_by":{"a":"nothing"},"measures":{"n":"count(*)"}}"#, ["/name", "/where", "/table"]),
        ]
        for (text, places) in cases { XCTAssertEqual(try faults(text, in: fixture), places, text) }
        XCTAssertEqual(try faults(#"{"name":"receipts","table":"receipts","group_by":{},"measures":{"n":"count(*)"}}"#, name: "receipts", in: fixture), ["/name"])
    }

    private func typeFault(_ table: String, rollups: String = "[]", in fixture: EngineFixture) throws -> [String] {
        let text = """
            {"name":"own-type","version":1,"table":"\(table)","format":"json","match":{"/schema":"own"},"receipt_id":"/id","issued_at":"/at",
             "columns":{"v":{"path":"/v","type":"VARCHAR"}},"rollups":\(rollups)}
            """
        do {
            _ = try fixture.engine.putType(name: "own-type", body: Array(text.utf8))
            return []
        } catch let fault as Fault {
            XCTAssertEqual(fault.code, .invalidType, fault.detail)
            return fault.errors.map(\.pointer)
        }
    }

    func test_putType_tableOfARollupsName_isRefused() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        // Sums of receipts_by_day lie at rollup_receipts_by_day; those of a rollup that was deleted may still lie there.
        for table in ["receipts_by_day", "rollup_receipts_by_day", "rollup_later"] {
            XCTAssertEqual(try typeFault(table, in: fixture), ["/table"], table)
        }
        XCTAssertEqual(try typeFault("own", rollups: #"[{"name":"own","group_by":{"v":"v"},"measures":{"n":"count(*)"}}]"#, in: fixture), ["/rollups/0/name"])
        XCTAssertEqual(try typeFault("own", in: fixture), [])
    }

    func test_put_whatNoRollupCanHave_saysWhy() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        func reason(_ condition: String, _ measure: String) throws -> String? {
            let text = #"{"name":"r","table":"receipts","where":"\#(condition)","group_by":{},"measures":{"n":"\#(measure)"}}"#
            do {
                _ = try fixture.engine.putRollup(name: "r", body: try JSONParser.parse(Array(text.utf8)))
                return nil
            } catch let fault as Fault { return fault.detail }
        }
        XCTAssertEqual(try reason("1 = 0", "count(*)"), "/where: its condition holds for no row")
        XCTAssertEqual(try reason("1 = 1", "count(*)"), nil)
        XCTAssertEqual(try reason("total > 0", "sum(DISTINCT total)"), "/measures/n: a sum of DISTINCT values cannot be put together of parts")
        XCTAssertEqual(
            try reason("total > 0", "count(DISTINCT total)"), "/measures/n: a count of DISTINCT values cannot be put together of parts: use approx_count_distinct")
        XCTAssertEqual(try reason("total > 0", "sum(completed_at - issued_at)"), "/measures/n: a measure of INTERVAL cannot be kept")
        do { _ = try fixture.engine.putRollup(name: "r", body: .array([])) } catch let fault as Fault { XCTAssertEqual(fault.detail, "an object is wanted, not an array") }
    }

    func test_put_sameAndChanged_areToldApart() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        func put(_ key: String) throws -> PutOutcome {
            try fixture.engine.putRollup(
                name: "r", body: try JSONParser.parse(Array(#"{"name":"r","table":"receipts","group_by":{"k":"\#(key)"},"measures":{"n":"count(*)"}}"#.utf8)))
        }
        XCTAssertEqual([try put("client_id"), try put("client_id"), try put("currency")], [.created, .unchanged, .replaced])
        // The same letters of other bytes are another condition.
        XCTAssertEqual([try put("client_id = '\u{E9}'"), try put("client_id = 'e\u{301}'")], [.replaced, .replaced])
        try fixture.engine.deleteRollup(name: "r")
        XCTAssertThrowsError(try fixture.engine.deleteRollup(name: "r"))
        XCTAssertEqual(try put("client_id"), .created)
    }
}
