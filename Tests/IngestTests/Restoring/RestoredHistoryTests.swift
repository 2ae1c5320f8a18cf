import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a store that was restored to an instant of its log, and goes on with that log, takes nothing from the history that it gives up. Method: two histories of one store in a log's directory,
/// with versions of the same tables; then an instant of the one that was given up is restored.
final class RestoredHistoryTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """
    private let folder = TemporaryDirectory()

    private var url: String { "file://\(folder.path)/LOG" }

    private func open(_ name: String) throws -> EngineFixture {
        let url = url
        let fixture = try EngineFixture("\(folder.path)/\(name)") { $0.log = LogOptions(url: url, segmentSeconds: 0.05, isAwaited: true) }
        try awaitCheckpoint(fixture, behind: 0)
        return fixture
    }

    private func checkpointCount(_ fixture: EngineFixture) throws -> Double {
        let log = try XCTUnwrap(fixture.engine.log as? LogKeeper)
        return log.metrics.first { $0.name == "log_checkpoints_total" }?.value ?? 0
    }

    private func awaitCheckpoint(_ fixture: EngineFixture, behind count: Double) throws {
        XCTAssertTrue(try Patience.until { try checkpointCount(fixture) > count })
    }

    private func awaitLog(_ fixture: EngineFixture) {
        let kept = Monitor(false)
        fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
    }

    private func take(_ id: String, _ fixture: EngineFixture) throws {
        _ = try fixture.taken(EngineFixture.receipt(id))
        _ = try fixture.engine.compact(before: nil)
        awaitLog(fixture)
    }

    private func takeLicence(_ fixture: EngineFixture, _ name: String) throws {
        _ = try fixture.taken(#"{"schema":"licence/1","id":"L-1","name":"\#(name)"}"#, as: .admin, client: "c1")
    }

    /// Of tables of rows, by their paths at the log's place.
    private func versions() throws -> [String: Data] {
        var found: [String: Data] = [:]
        let root = "\(folder.path)/LOG/base/warehouse"
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) where path.hasSuffix(".metadata.json") {
            guard let table = path.split(separator: "/").first, !TableName.isOfSums(String(table)) else { continue }
            found[path] = try Data(contentsOf: URL(filePath: "\(root)/\(path)"))
        }
        return found
    }

    private func restore(to instant: Int64, _ name: String) throws {
        _ = try LogRestore(url: url, instant: instant, directory: "\(folder.path)/\(name)", storages: LocalStorageFactory(), open: { _ in LocalStorageFactory() }).run()
    }

    func test_historyThatWasGivenUp_keepsItsTables_andItsInstantsAreRestored() throws {
        let first = try open("first")
        _ = try first.engine.putType(name: "licence", body: Array(Self.type.utf8))
        try take("R-1", first)
        let instant = Clock.system.now()
        // A version that is not the first of its table, and one that is.
        try takeLicence(first, "given up")
        try take("R-2", first)
        let later = Clock.system.now()
        try take("R-3", first)
        try first.engine.close()
        let before = try versions()
        XCTAssertEqual(Set(before.keys.compactMap { $0.split(separator: "/").first.map(String.init) }), ["receipts", "licences_history"], "what is proved is not what this is about")

        try restore(to: instant, "second")
        let second = try open("second")
        try takeLicence(second, "gone on with")
        try take("R-4", second)
        let count = try checkpointCount(second)
        try XCTUnwrap(second.engine.log as? LogKeeper).wantCheckpoint()
        try awaitCheckpoint(second, behind: count)
        try second.engine.close()
        let after = try versions()
        for (name, bytes) in before { XCTAssertEqual(after[name], bytes, "\(name) is needed by instants of the history that was given up") }
        XCTAssertGreaterThan(after.count, before.count)

        try restore(to: later, "third")
        XCTAssertEqual(try Verifier(path: "\(folder.path)/third").run().findings.map(\.description), [])
        let third = try EngineFixture("\(folder.path)/third")
        XCTAssertEqual(try third.walk(PageRequest(fields: ["receipt_id"], limit: 100)).sorted(), ["R-1", "R-2"])
        XCTAssertEqual(try third.walk(PageRequest(table: "licences", fields: ["name"], limit: 100)), ["given up"])
        try third.engine.close()
    }

    /// A crash between the first version of a table and the catalog leaves one of a high number, which is no other store's.
    func test_firstVersionThatTheCatalogDoesNotKnow_ofARestoredStore_isItsOwn() throws {
        let first = try open("first")
        try take("R-1", first)
        let instant = Clock.system.now()
        _ = try first.taken(EngineFixture.receipt("R-2"))
        awaitLog(first)
        try first.engine.close()
        try restore(to: instant, "second")
        let directory = "\(folder.path)/second"
        do {
            let catalog = try Catalog(path: "\(directory)/catalog.sqlite")
            defer { catalog.close() }
            let (floor, mark) = (try catalog.coldFloor(), catalog.mark)
            XCTAssertGreaterThan(floor, 2)
            let storage = try LocalStorageFactory.files("\(directory)/warehouse/licences_history")
            let made = try Table.create(storage, schema: Schema([Field("sequence", .int64)]), marks: { mark.properties }, floor: floor)
            XCTAssertEqual(made.table.version, floor + 1)
        }
        let second = try EngineFixture(directory)
        XCTAssertEqual(try second.walk(PageRequest(fields: ["receipt_id"], limit: 100)), ["R-1"])
        try second.engine.close()
    }
}
