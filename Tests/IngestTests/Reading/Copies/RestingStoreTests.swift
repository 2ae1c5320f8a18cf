import ColumnStore
import Foundation
import Processes
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: a store that nobody works on is read by many at once, answers as it did, and not a byte of it changes. Method: small stores, closed in order or as a kill leaves
/// them, with everything below DATA compared before and after.
final class RestingStoreTests: XCTestCase {
    private let queries = QueryEngine(.init(threadCount: 2))
    private static let question = "SELECT receipt_id, total, cardinality(lines), document FROM receipts ORDER BY 1"
    private static let grouped = "SELECT business_day, currency, count(*), sum(total) FROM receipts_accepted GROUP BY 1, 2 ORDER BY 1, 2"

    private func rows(_ text: String, _ store: any QueryStore, rollups: Bool = true) throws -> [String] {
        var context = QueryContext(catalog: try store.catalog(as: .admin, upTo: nil).catalog, now: 0)
        context.usesRollups = rollups
        let stream = try queries.execute(try queries.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return rows
    }

    /// Every file below a directory, with its bytes.
    private func files(_ path: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) else { continue }
            found[name] = isFolder.boolValue ? Data() : try Data(contentsOf: URL(filePath: "\(path)/\(name)"))
        }
        return found
    }

    private func assertSame(_ path: String, _ before: [String: Data], line: UInt = #line) throws {
        let after = try files(path)
        XCTAssertEqual(Set(after.keys), Set(before.keys), line: line)
        XCTAssertEqual(after.keys.filter { after[$0] != before[$0] }, [], line: line)
    }

    private func fill(_ fixture: EngineFixture, _ numbers: Range<Int>) throws {
        for number in numbers { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", at: "2026-11-1\(number % 5)T10:00:00Z", total: "\(number).50")) }
    }

    func test_readers_standBesideEachOther_andChangeNothing() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        try fill(fixture, 0..<20)
        _ = try fixture.engine.compact(before: nil)
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
        try fill(fixture, 20..<30)
        _ = try fixture.engine.queueStore.put(queue: "jobs", QueueSettings())
        let expected = try (rows(Self.question, fixture.engine), rows(Self.grouped, fixture.engine))
        try fixture.engine.close()
        let before = try files(directory.path)
        let readers = try (0..<3).map { _ in try RestingStore(path: directory.path) }
        for reader in readers {
            XCTAssertEqual(try rows(Self.question, reader.reading), expected.0)
            for rollups in [true, false] { XCTAssertEqual(try rows(Self.grouped, reader.reading, rollups: rollups), expected.1) }
            XCTAssertTrue(try rows("EXPLAIN \(Self.grouped)", reader.reading).contains { $0.contains("Rollup receipts_by_day") }, "sums are read, too")
            let roles = StoreRoles(of: reader.reading)
            XCTAssertEqual(try roles.queues.queues(after: nil, limit: 10, as: .admin).map(\.name), ["jobs"])
            XCTAssertEqual(try roles.usage.usage(of: "c1", from: nil, to: nil, byMonth: false, as: .admin, unless: Cancellation()).reduce(0) { $0 + $1.figures.receipts }, 30)
            XCTAssertEqual(try roles.usage.usageClients(as: .admin, unless: Cancellation()), ["c1"])
            XCTAssertEqual(try roles.usage.dailyUsage(of: ["c1"], as: EngineFixture.own, unless: Cancellation()).reduce(0) { $0 + $1.span.figures.receipts }, 30)
        }
        for reader in readers {
            XCTAssertThrowsError(try Engine(path: directory.path)) { error in
                guard case DataDirectory.Failure.beingRead? = error as? DataDirectory.Failure else { return XCTFail("\(error)") }
                XCTAssertTrue("\(error)".contains("is being read by"), "\(error)")
            }
            reader.close()
        }
        try assertSame(directory.path, before)
        let again = try EngineFixture(directory.path)
        XCTAssertThrowsError(try RestingStore(path: directory.path), "somebody works on it") { error in
            guard case DataDirectory.Failure.locked? = error as? DataDirectory.Failure else { return XCTFail("\(error)") }
        }
        XCTAssertEqual(try rows(Self.question, again.engine), expected.0)
        try again.engine.close()
    }

    /// What commands ask for, and files that only the process of the reader knows.
    func test_roles_tellOfContractsKeysTypesAndWhatWasRefused_andMakeExportsAside() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        try fill(fixture, 0..<2)
        _ = try fixture.engine.addKey(NewKey(id: "k1", secretSHA256: [UInt8](repeating: 7, count: 32), label: "one"), of: .client("c1"))
        XCTAssertNotNil(fixture.refusal(#"{"schema":"pos/1","id":"bad"}"#))
        let nobody: (Int) throws -> Void = { _ in }
        func refused(_ store: any RefusedDocuments) throws -> [String] {
            try store.quarantine(client: nil, received: ReceivedSpan(), cursor: nil, limit: 10, withDocuments: true, as: .admin, hold: nobody).entries.map(\.ticketID)
        }
        let entries = try refused(fixture.engine)
        XCTAssertEqual(entries.count, 1)
        try fixture.engine.close()
        let before = try files(directory.path)
        let store = try RestingStore(path: directory.path)
        let roles = StoreRoles(of: store)
        XCTAssertEqual(try roles.contracts.contract("c1")?.clientID, "c1")
        XCTAssertNil(try roles.contracts.contract("nobody"))
        XCTAssertEqual(try roles.keys.keys(of: .client("c1"), after: nil, limit: 10).map(\.id), ["k1"])
        XCTAssertThrowsError(try roles.keys.keys(of: .client("nobody"), after: nil, limit: 10))
        XCTAssertEqual(try roles.types.type("pos-receipt", as: .admin)?.name, "pos-receipt")
        XCTAssertNil(try roles.types.type("nothing", as: .admin))
        XCTAssertEqual(try refused(roles.refused), entries)
        XCTAssertEqual(try roles.refused.quarantineEntry(entries[0], as: .admin, hold: nobody).ticketID, entries[0])
        XCTAssertThrowsError(try roles.contracts.putContract(Contract(clientID: "c9", access: .read, scope: .own)))

        var export = Export(id: "e_1", owner: .administrator, name: "answer", format: "csv", request: [], createdAt: 1, expiresIn: 1)
        try roles.exports.addExport(export)
        XCTAssertEqual(try roles.exports.waitingExports().map(\.id), ["e_1"])
        let path = try roles.exports.exportPath("e_1.csv")
        XCTAssertFalse(path.hasPrefix(directory.path))
        try Data("a".utf8).write(to: URL(filePath: path))
        (export.state, export.fileName, export.byteCount) = (.done, "e_1.csv", 1)
        XCTAssertTrue(try roles.exports.endExport(export))
        XCTAssertEqual(try roles.exports.exports(after: nil, limit: 10, as: .admin).map(\.state), [.done])
        XCTAssertEqual(try roles.exports.exportByteCounts(of: .administrator).all, 1)
        guard case .file(path)? = try roles.exports.exportContents(export) else { return XCTFail("it leads nowhere") }
        XCTAssertThrowsError(try roles.exports.export("e_1", as: EngineFixture.own), "another's")
        try roles.exports.deleteExport("e_1", as: .admin)
        XCTAssertFalse(FileManager.default.fileExists(atPath: path))
        XCTAssertFalse(try roles.exports.endExport(export), "somebody has removed it meanwhile")
        store.close()
        try assertSame(directory.path, before)
    }

    /// What was acknowledged stands in logs alone.
    func test_logsOfAKilledProcess_areReadAsTheyLie() throws {
        let (live, killed) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(live.path)
        try fill(fixture, 0..<6)
        _ = try fixture.engine.compact(before: nil)
        try fill(fixture, 6..<12)
        let expected = try rows(Self.question, fixture.engine)
        try FileManager.default.copyItem(atPath: live.path, toPath: killed.path)
        try fixture.engine.close()
        let before = try files(killed.path)
        XCTAssertTrue(before.contains { $0.key.hasPrefix("hot/") && $0.key.hasSuffix("-wal") && !$0.value.isEmpty })
        let readers = try (0..<2).map { _ in try RestingStore(path: killed.path) }
        for reader in readers { XCTAssertEqual(try rows(Self.question, reader.reading), expected) }
        for reader in readers { reader.close() }
        try assertSame(killed.path, before)
        // SQLite reads a log only beside its index.
        for name in before.keys where name.hasSuffix("-shm") { try FileManager.default.removeItem(atPath: "\(killed.path)/\(name)") }
        XCTAssertThrowsError(try RestingStore(path: killed.path)) { XCTAssertTrue("\($0)".contains("let `till serve`"), "\($0)") }
        let again = try EngineFixture(killed.path)
        XCTAssertEqual(try rows(Self.question, again.engine), expected)
        try again.engine.close()
    }

    /// As a catalog that was made anew, to which the next start gives what is missing.
    func test_catalogWithoutItsKeyOfCursors_isRead() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        try fill(fixture, 0..<4)
        let expected = try rows(Self.question, fixture.engine)
        try fixture.engine.close()
        try SQLiteConnection(path: "\(directory.path)/catalog.sqlite", mode: .readWrite).execute("DELETE FROM meta WHERE key = '\(Catalog.cursorKeyName)'; DELETE FROM rollups")
        let before = try files(directory.path)
        let reader = try RestingStore(path: directory.path)
        XCTAssertEqual(try rows(Self.question, reader.reading), expected)
        reader.close()
        try assertSame(directory.path, before)
    }

    /// A message that nobody could have yet is none that waits.
    func test_messageThatIsDelayed_isNotTheOldest() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.engine.queueStore.put(queue: "jobs", QueueSettings())
        let sent = Monitor<Result<[SentMessage], Fault>?>(nil)
        fixture.engine.queueStore.send([OutgoingMessage(id: "a", body: [0x31], delay: 3_600_000_000)], to: "jobs", as: .admin) { result in sent.signal { $0 = result } }
        XCTAssertEqual(try sent.wait { $0 }.get().count, 1)
        try fixture.engine.close()
        let store = try RestingStore(path: directory.path)
        defer { store.close() }
        let report = try XCTUnwrap(try StoreRoles(of: store).queues.queues(after: nil, limit: 10, as: .admin).first)
        XCTAssertEqual([report.active, report.delayed], [0, 1])
        XCTAssertNil(report.oldestAt)
    }

    /// Of before there were topics, of before secrets were kept that were replaced, and of a version to come.
    func test_queuesOfOtherVersions_areReadAsFarAsTheyAreKnown() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        _ = try fixture.engine.queueStore.put(queue: "jobs", QueueSettings())
        _ = try fixture.engine.topicStore.put(topic: "news")
        _ = try fixture.engine.topicStore.put(Subscription(name: "all", condition: nil, target: .queue("jobs")), of: "news")
        try fixture.engine.close()
        func read() throws -> (topics: [String], queues: [String]) {
            let store = try RestingStore(path: directory.path)
            defer { store.close() }
            let roles = StoreRoles(of: store)
            let topics = try roles.topics.topics(as: .admin).map { topic in "\(topic.name): \(try roles.topics.topic(topic.name, as: .admin).joined(separator: " "))" }
            return (topics, try roles.queues.queues(after: nil, limit: 10, as: .admin).map(\.name))
        }
        for (change, topics) in [("", ["news: all", "till: "]), ("DROP TABLE former_secrets", ["news: all", "till: "]), ("DROP TABLE subscriptions", ["till: "])] {
            if !change.isEmpty { try SQLiteConnection(path: "\(directory.path)/queues.sqlite", mode: .readWrite).execute(change) }
            let found = try read()
            XCTAssertEqual(found.topics, topics, change)
            XCTAssertEqual(found.queues, ["jobs"], change)
        }
        try SQLiteConnection(path: "\(directory.path)/queues.sqlite", mode: .readWrite).execute("PRAGMA user_version = 9")
        XCTAssertThrowsError(try read()) { XCTAssertTrue("\($0)".contains("of a later till"), "\($0)") }
    }

    /// The index of versions is made aside, of the store's own or of the rows.
    func test_versionedTable_showsTheNewest_withItsIndexAndWithout() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let type = """
            {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
             "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
            """
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        for round in 0..<3 {
            for id in 0..<4 { _ = try fixture.taken(#"{"schema":"licence/1","id":"L-\#(id)","name":"n\#(round)"}"#) }
            if round < 2 { _ = try fixture.engine.compact(before: nil) }
        }
        let question = "SELECT receipt_id, name FROM licences ORDER BY 1"
        let expected = (0..<4).map { "L-\($0)|n2" }
        XCTAssertEqual(try rows(question, fixture.engine), expected)
        try fixture.engine.close()
        let index = "\(directory.path)/versions.sqlite"
        for isThere in [true, false] {
            if !isThere { try? FileManager.default.removeItem(atPath: index) }
            let before = try files(directory.path)
            let reader = try RestingStore(path: directory.path)
            XCTAssertEqual(try rows(question, reader.reading), expected, "with its index: \(isThere)")
            reader.close()
            try assertSame(directory.path, before)
        }
    }

    func test_connectionsToAStoreThatIsRead_changeNothing() throws {
        let directory = TemporaryDirectory()
        _ = try directory.made()
        let path = "\(directory.path)/a.sqlite"
        try SQLiteConnection(path: path, mode: .create).execute("CREATE TABLE t(x)")
        var stillness: Placement.Stillness? = Placement.Stillness(directory.path)
        let second = Placement.Stillness(directory.path)
        XCTAssertThrowsError(try SQLiteConnection(path: path, mode: .readWrite).execute("INSERT INTO t VALUES(1)"))
        stillness = nil
        XCTAssertNil(stillness)
        XCTAssertTrue(Placement.isStill(path), "for the other")
        withExtendedLifetime(second) {}
    }

    func test_lockHolders_areReadOfLinuxsList() {
        let list = """
            1: POSIX  ADVISORY  READ 11 08:02:77 128 128
            2: FLOCK  ADVISORY  READ 4711 08:02:77 0 EOF
            3: FLOCK  ADVISORY  READ 815 00:2f:77 0 EOF
            4: FLOCK  ADVISORY  WRITE 5 08:02:78 0 EOF
            4: -> FLOCK  ADVISORY  READ 6 08:02:77 0 EOF
            5: FLOCK  ADVISORY  READ 7 08:02:177 0 EOF
            """
        XCTAssertEqual(LockHolders.readers(inode: 77, in: list), [815, 4_711])
        XCTAssertEqual(LockHolders.readers(inode: 1, in: ""), [])
    }
}
