import ColumnStore
import Documents
import Foundation
import Query
import TestSupport
import XCTest

@testable import Ingest

/// Goal: views are kept as they were put, and read with the caller's rights. Method: random histories of puts and deletes against a dictionary, with restarts;
/// questions of two clients; views that read each other.
final class SavedViewsTests: XCTestCase {
    private static let columns = [SavedView.ViewColumn(name: "receipt_id", type: "VARCHAR"), SavedView.ViewColumn(name: "total", type: "DECIMAL(18,4)")]

    private func view(_ name: String, _ query: String, reads: [String] = ["receipts"]) -> SavedView {
        SavedView(name: name, query: query, description: nil, columns: Self.columns, reads: reads)
    }

    private func rows(_ query: String, _ engine: Engine, _ principal: Principal) throws -> Int {
        let queries = QueryEngine()
        let context = QueryContext(catalog: try engine.catalog(as: principal, upTo: nil).catalog, now: 0)
        let stream = try queries.execute(try queries.prepare(query, in: context))
        var count = 0
        while let batch = try stream.next() { count += batch.rowCount }
        return count
    }

    func test_views_showEachAskerTheirOwnRows_andNoColumnThatCameLater() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)"), as: .admin, client: number < 2 ? "c1" : "c2") }
        XCTAssertEqual(try fixture.engine.putView(view("mine", "SELECT * FROM receipts; ")), .created)
        XCTAssertEqual(try fixture.engine.putView(view("mine", "SELECT * FROM receipts; ")), .unchanged)
        XCTAssertEqual(try fixture.engine.putView(view("deeper", "SELECT * FROM mine -- all of it", reads: ["mine"])), .created)
        for name in ["mine", "deeper"] {
            XCTAssertEqual(try rows("SELECT * FROM \(name)", fixture.engine, EngineFixture.own), 2)
            XCTAssertEqual(try rows("SELECT * FROM \(name) WHERE total > 0", fixture.engine, .admin), 5)
            XCTAssertThrowsError(try rows("SELECT client_id FROM \(name)", fixture.engine, .admin), "\(name) has two columns alone")
        }
        XCTAssertEqual(try fixture.engine.catalog(as: EngineFixture.own, upTo: nil).catalog.definition(ofView: "mine"), "SELECT * FROM receipts; ")
        XCTAssertEqual(try fixture.engine.deleteView("mine"), "deeper")
        XCTAssertNil(try fixture.engine.deleteView("deeper"))
        XCTAssertNil(try fixture.engine.deleteView("mine"))
        XCTAssertThrowsError(try fixture.engine.deleteView("mine")) { XCTAssertEqual(($0 as? Fault)?.code, .notFound) }
        XCTAssertThrowsError(try rows("SELECT * FROM mine", fixture.engine, .admin))
    }

    /// Texts are compared by their bytes, in questions and so here.
    func test_viewOfOtherBytesOfTheSameLetters_isAnother() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let queries = ["\u{E9}", "e\u{301}"].map { "SELECT * FROM receipts WHERE receipt_id = '\($0)'" }
        XCTAssertEqual(try fixture.engine.putView(view("mine", queries[0])), .created)
        XCTAssertEqual(try fixture.engine.putView(view("mine", queries[1])), .replaced)
        XCTAssertEqual(fixture.engine.view("mine").map { Array($0.query.utf8) }, Array(queries[1].utf8))
    }

    func test_viewsThatReadEachOther_areRefusedWhenRead_andSoAreTooManyDeep() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        // As two calls at once could leave them.
        _ = try fixture.engine.putView(view("one", "SELECT * FROM other", reads: ["other"]))
        _ = try fixture.engine.putView(view("other", "SELECT * FROM one", reads: ["one"]))
        XCTAssertThrowsError(try rows("SELECT * FROM one", fixture.engine, .admin)) { XCTAssertEqual(($0 as? QueryError)?.detail.contains("reads itself"), true) }
        _ = try fixture.engine.putView(view("v0", "SELECT * FROM receipts"))
        for number in 1...20 { _ = try fixture.engine.putView(view("v\(number)", "SELECT * FROM v\(number - 1)", reads: ["v\(number - 1)"])) }
        XCTAssertEqual(try rows("SELECT * FROM v15", fixture.engine, .admin), 0)
        XCTAssertThrowsError(try rows("SELECT * FROM v16", fixture.engine, .admin)) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL) }
        // One that reads two views of the same depth, and so on: as many nodes as there are leaves.
        _ = try fixture.engine.putView(view("w0", "SELECT * FROM receipts"))
        for number in 1...14 { _ = try fixture.engine.putView(view("w\(number)", "SELECT a.receipt_id, b.total FROM w\(number - 1) a, w\(number - 1) b")) }
        XCTAssertThrowsError(try rows("SELECT * FROM w14", fixture.engine, .admin)) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL) }
    }

    /// The catalog may have much to do: whoever asks, or lists views, does not wait with the one that is being put.
    func test_views_whileOneWaitsForTheCatalog_areReadByOthers() throws {
        let directory = TemporaryDirectory()
        let (putting, began, looked) = (Monitor<pthread_t?>(nil), Monitor(false), Monitor<[String]?>(nil))
        // It is asked for the time once it is about to change something.
        let clock = Clock {
            if putting.withLock({ $0 }) == pthread_self() { began.broadcast { $0 = true } }
            return Clock.system.now()
        }
        let engine = try EngineFixture(directory.path, clock: clock).engine
        XCTAssertEqual(try engine.putView(view("mine", "SELECT * FROM receipts")), .created)
        let other = view("other", "SELECT * FROM receipts")
        var threads: [WorkerThread] = []
        try engine.catalog.read { _ in
            threads.append(
                WorkerThread(name: "put") {
                    putting.withLock { $0 = pthread_self() }
                    let outcome = try? engine.putView(other)
                    XCTAssertEqual(outcome, .created)
                })
            XCTAssertEqual(began.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
            threads.append(
                WorkerThread(name: "look") {
                    let names = engine.views(after: nil, limit: .max).map(\.name)
                    looked.broadcast { $0 = names }
                })
            XCTAssertEqual(looked.wait(seconds: Patience.seconds) { $0 }, ["mine"], "it is not kept yet")
        }
        for thread in threads { thread.join() }
        XCTAssertEqual(engine.views(after: nil, limit: .max).map(\.name), ["mine", "other"])
        try engine.close()
    }

    func test_tables_comeBeforeViewsOfTheirName() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.putView(view("receipts", "SELECT receipt_id, total FROM receipts WHERE false"))
        XCTAssertEqual(try rows("SELECT client_id FROM receipts", fixture.engine, .admin), 1)
        XCTAssertEqual(try fixture.engine.catalog(as: .admin, upTo: nil).catalog.entryNames.filter { $0 == "receipts" }.count, 1)
        XCTAssertNil(try fixture.engine.catalog(as: .admin, upTo: nil).catalog.definition(ofView: "receipts"))
    }

    func test_randomHistories_areKept_overRestarts() throws {
        var random = SystemRandomNumberGenerator()
        let directory = TemporaryDirectory()
        var known: [String: SavedView] = [:]
        for round in 0..<4 {
            let fixture = try EngineFixture(directory.path)
            XCTAssertEqual(fixture.engine.views(after: nil, limit: .max).map(\.name), known.keys.sorted(), "round \(round)")
            for (name, view) in known {
                var stored = fixture.engine.view(name)
                stored?.putAt = 0
                XCTAssertEqual(stored, view)
            }
            for _ in 0..<40 {
                let name = "v\(Int.random(in: 0..<8, using: &random))"
                if Bool.random(using: &random) {
                    let put = SavedView(
                        name: name, query: "SELECT \(Int.random(in: 0..<3, using: &random)) AS \"a \"\"b\"", description: Bool.random(using: &random) ? "ї" : nil,
                        columns: [.init(name: "a \"b", type: "INTEGER")], reads: Bool.random(using: &random) ? ["v\(Int.random(in: 0..<8, using: &random))"] : [])
                    XCTAssertEqual(try fixture.engine.putView(put), known[name] == nil ? .created : known[name] == put ? .unchanged : .replaced)
                    known[name] = put
                } else if known[name] == nil {
                    XCTAssertThrowsError(try fixture.engine.deleteView(name))
                } else {
                    let reader = known.values.filter { $0.name != name && $0.reads.contains(name) }.map(\.name).min()
                    XCTAssertEqual(try fixture.engine.deleteView(name), reader)
                    if reader == nil { known[name] = nil }
                }
            }
            try fixture.engine.close()
        }
    }

    func test_columns_areFields() {
        func view(_ types: [String]) -> SavedView {
            SavedView(name: "v", query: "SELECT 1", description: nil, columns: types.map { .init(name: "c", type: $0) }, reads: [])
        }
        XCTAssertEqual(view(["BIGINT", "DECIMAL(18,4)[]"]).fields?.map(\.type), [.int64, .list(element: Field("element", .decimal(precision: 18, scale: 4)))])
        XCTAssertNil(view(["BIGINT", "NOTHING"]).fields)
    }
}
