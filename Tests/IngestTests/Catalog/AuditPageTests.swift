import ColumnStore
import Documents
import XCTest

@testable import Ingest

/// Goal: a page of the audit trail holds no more than a page, however long what was put, and asks for it. Method: pages of long entries are walked.
final class AuditPageTests: XCTestCase {
    private struct Refusal: Error {}

    func test_audit_longEntries_makeShorterPages_thatAskForTheirMemory() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let detail = #"{"x":""# + String(repeating: "x", count: 900_000) + #""}"#
        for number in 0..<20 {
            let id = try fixture.engine.begin(AuditAct(actor: "admin", action: "putView", target: "/v1/views/v\(number)"))
            try fixture.engine.end(act: id, .done, status: 200, detail: detail)
        }
        var (cursor, targets, sizes): (String?, [String], [Int]) = (nil, [], [])
        repeat {
            var asked = 0
            let page = try fixture.engine.audit(cursor: cursor, limit: 1_000) { asked = max(asked, $0) }
            let byteCount = page.entries.reduce(0) { $0 + ($1.detail?.utf8.count ?? 0) }
            XCTAssertLessThan(byteCount, 10 << 20)
            XCTAssertGreaterThan(asked, 2 * byteCount, "entries, and their text")
            XCTAssertFalse(page.entries.isEmpty, "no cursor leads to nothing")
            sizes.append(page.entries.count)
            targets += page.entries.map(\.act.target).filter { $0.hasPrefix("/v1/views/") }
            cursor = page.nextCursor
        } while cursor != nil && sizes.count < 30
        XCTAssertEqual(targets, (0..<20).reversed().map { "/v1/views/v\($0)" })
        XCTAssertGreaterThan(sizes.count, 1)
        XCTAssertThrowsError(try fixture.engine.audit(cursor: nil, limit: 1_000) { if $0 > 4 << 20 { throw Refusal() } }) { XCTAssertTrue($0 is Refusal) }
        try fixture.engine.close()
    }
}
