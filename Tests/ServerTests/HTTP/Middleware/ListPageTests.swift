import ColumnStore
import Documents
import Ingest
import Query
import TestSupport
import XCTest

@testable import Server

/// Goal: a list comes whole, page by page, and a cursor leads on in its own list alone. Method: over HTTP, in small pages.
final class ListPageTests: XCTestCase {
    func test_lists_comePageByPage() throws {
        let server = try TestServer()
        let admin = server.client()
        for number in 0..<25 { _ = try server.key("c\(number < 10 ? "0" : "")\(number)", .read, .own) }
        for _ in 0..<7 { XCTAssertEqual(try admin.call("POST", "/v1/contracts/c03/keys").status, 201) }
        for (path, member, count) in [("/v1/contracts", "contracts", 25), ("/v1/contracts/c03/keys", "keys", 8), ("/v1/types", "types", 1)] {
            var (seen, cursor, pages): (Set<String>, String?, Int) = ([], nil, 0)
            repeat {
                let page = try admin.get(path + "?limit=4" + (cursor.map { "&cursor=\($0)" } ?? ""))
                XCTAssertEqual(page.status, 200, page.text)
                let body = try JSONParser.parse(page.body)
                guard case .array(let items)? = body[member] else { return XCTFail(page.text) }
                XCTAssertLessThanOrEqual(items.count, 4)
                for item in items { XCTAssertTrue(seen.insert(item["client_id"]?.text ?? item["id"]?.text ?? item["name"]?.text ?? "").inserted) }
                cursor = body["next_cursor"]?.text
                pages += 1
            } while cursor != nil && pages < 20
            XCTAssertEqual(seen.count, count, path)
            XCTAssertEqual(try admin.get(path + "?cursor=AA").status, 400, path)
            XCTAssertEqual(try admin.get(path + "?limit=0").status, 400, path)
        }
        // A cursor of one contract's keys is none of another's.
        let page = try JSONParser.parse(try admin.get("/v1/contracts/c03/keys?limit=4").body)
        XCTAssertEqual(try admin.get("/v1/contracts/c04/keys?cursor=\(page["next_cursor"]?.text ?? "")").status, 400)
    }

    func test_pages_askForTheirMemory_beforeTheyAreRead() throws {
        var limits = DoorLimits()
        // One credential has 8 MiB.
        (limits.memory.all, limits.memory.bodyByteCount, limits.body) = (16 << 20, 1 << 20, 1 << 20)
        let server = try TestServer(limits: limits)
        defer { server.engine.executions.stop() }
        let client = server.client()
        for path in ["/v1/contracts", "/v1/uploads", "/v1/exports", "/v1/changes"] {
            // A caller that asks for ten thousand has room for as many as may ever be had, whether they are there or not; what the answer before it held is given back a
            // moment after that was read.
            for query in ["?limit=10000", ""] { XCTAssertTrue(try Patience.until { try client.get(path + query).status == 200 }, path + query) }
        }
        // While others have all of it, they are not read.
        let ledger = server.context.admission.ledger
        XCTAssertTrue(Patience.until { ledger.figures.byteCount == 0 })
        let held = try ledger.hold(8 << 20, of: try ledger.enter(Principal(clientID: "another", access: .readWrite, scope: .all)))
        let rest = try ledger.hold(4 << 20, of: try ledger.enter(Principal(clientID: "a third", access: .readWrite, scope: .all)))
        for path in ["/v1/contracts", "/v1/changes"] { XCTAssertEqual(try client.get(path + "?limit=10000").status, 503, path) }
        withExtendedLifetime((held, rest)) {}
    }

    /// What is asked for before the text of views and rollups is made is no less than the text.
    func test_textsOfWhatLiesInMemory_takeNoMoreThanIsAskedFor() throws {
        for text in [String(repeating: "\u{1}", count: 10_000), String(repeating: "\"", count: 10_000), ""] {
            let view = SavedView(name: text, query: text, description: text, columns: [.init(name: text, type: text), .init(name: text, type: text)], reads: [text, text], putAt: 1 << 52)
            XCTAssertLessThanOrEqual(ViewBody(view: view).json().count, ViewBody(view: view).byteCountMax)
            let columns = [RollupStatement.Column(name: text, text: text), RollupStatement.Column(name: text, text: text)]
            var progress = RollupProgress()
            progress.faults = Array(repeating: (file: text, reason: text), count: 10)
            progress.waiting = Array(repeating: "f", count: 2_000)
            (progress.rowCount, progress.byteCount) = (.max, .max)
            var rollup = RollupBody(
                rollup: RollupDescription(
                    definition: RollupDefinition(name: text, table: text, condition: text, list: text, keys: columns, measures: columns), progress: progress))
            rollup.warning = text
            XCTAssertLessThanOrEqual(rollup.json().count, rollup.byteCountMax)
        }
    }
}
