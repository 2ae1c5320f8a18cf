import ColumnStore
import Foundation
@testable import Ingest
import TestSupport
import XCTest

/// Goal: a store is held against its log and what its spools have besides, by nobody but who has the store. Method: a real engine's log in a directory, and commits behind it as a killed server leaves them.
final class LogProofTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private var path: String { folder.path + "/lead" }
    private var url: String { "file://\(folder.path)/LOG" }

    private func proof() throws -> LogProof { try LogProof(url: url, directory: path) { _ in LocalStorageFactory() } }

    private func makeStore() throws {
        let url = url
        let fixture = try EngineFixture(path) { $0.log = LogOptions(url: url, segmentSeconds: 0.05, isAwaited: true, refused: { _ in }) }
        for number in 0..<3 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: "x")) }
        let kept = Monitor(false)
        fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        try fixture.engine.close()
    }

    func test_commitsThatWaitInSpools_areFolded_andMissedWithoutThem() throws {
        try makeStore()
        XCTAssertEqual(try proof().run().map(\.description), [])
        let recovery = try LogRecovery(directory: path, store: try XCTUnwrap(LogState.read(path)).store)
        let log = try CommitLog(directory: path, next: recovery.next, closed: recovery.spools, withdrawn: recovery.withdrawn, time: recovery.time, clock: .system)
        CommitSinks.add(log, root: path)
        defer { CommitSinks.remove(root: path) }
        do {
            let connection = try SQLiteConnection(path: path + "/catalog.sqlite", mode: .readWrite)
            try connection.execute("CREATE TABLE strange(x)")
            _ = log.rotate()
            try connection.execute("INSERT INTO strange VALUES(1)")
        }
        let spools = log.rotate()
        XCTAssertGreaterThanOrEqual(spools.count, 2)
        XCTAssertEqual(try proof().run().map(\.description), [])
        try FileManager.default.removeItem(atPath: log.spoolPath(try XCTUnwrap(spools.last)))
        let found = try proof().run().map(\.description)
        XCTAssertTrue(found.contains { $0.contains("the table strange is not what the log makes of it") }, "\(found)")
    }

    /// The files were whole, and were named: what a power cut had taken was a spool, which is not synced.
    func test_commitsWhoseSpoolsAPowerCutTook_areTheLogsLack_andNoFaultOfTheFiles() throws {
        try makeStore()
        // In the file, and in no spool.
        do { try SQLiteConnection(path: path + "/catalog.sqlite", mode: .readWrite).execute("CREATE TABLE strange(x)") }
        var state = try XCTUnwrap(LogState.read(path))
        (state.boot, state.isClean) = ("another", false)
        try state.write(path)
        let found = try proof().run()
        XCTAssertEqual(found.map(\.path), [path], "\(found)")
        XCTAssertTrue(found.first?.fault.contains("the next start of a server with log.url makes a checkpoint") ?? false, "\(found)")
    }

    /// A hot file that is prepared has its tables in the log, and is in no checkpoint before the writer has taken it: behind such a checkpoint nothing could be restored.
    func test_hotFileThatWasPreparedBeforeACheckpoint_isFolded() throws {
        let url = url
        let fixture = try EngineFixture(path) { $0.log = LogOptions(url: url, segmentSeconds: 0.05, refused: { _ in }) }
        _ = try fixture.taken(EngineFixture.receipt("R-1", note: "x"))
        let log = try XCTUnwrap(fixture.engine.log as? LogKeeper)
        func checkpoints() -> Double { log.metrics.first { $0.name == "log_checkpoints_total" }?.value ?? 0 }
        XCTAssertTrue(Patience.until { checkpoints() > 0 })
        // As the compactor seals a day that is over: the next file is made before a receipt waits for it.
        try fixture.engine.tier.seal()
        let before = checkpoints()
        try log.wantCheckpoint()
        XCTAssertTrue(Patience.until { checkpoints() > before })
        _ = try fixture.taken(EngineFixture.receipt("R-2", note: "x"))
        try fixture.engine.close()
        XCTAssertEqual(try proof().run().map(\.description), [])
        let reader = try LogReader(try LogPlace(url: url) { _ in LocalStorageFactory() }, instant: nil)
        XCTAssertNotNil(try reader.run { _ in }, "nothing behind the checkpoint: what is proved is not what this is about")
    }

    /// The lock went with the proof of the files, and a server could write what the log was held against.
    func test_log_isProved_whileNobodyElseMayHaveTheStore() throws {
        try makeStore()
        let verifier = try Verifier(path: path)
        let report = try verifier.run {
            XCTAssertThrowsError(try DataDirectory(path: path)) { error in
                // Without logs beside its files it is proved as it lies, which others may read, too.
                switch error as? DataDirectory.Failure {
                case .locked?, .beingRead?: return
                default: XCTFail("\(error)")
                }
            }
            return try proof().run() + [Finding(path: "p", fault: "f")]
        }
        XCTAssertEqual(report.findings.map(\.path), ["p"])
        try DataDirectory(path: path).release()
    }
}
