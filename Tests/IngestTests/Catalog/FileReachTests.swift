import ColumnStore
import Documents
import Foundation
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a hot file, queues or executions of which an older copy was put in their place are refused, named, and taken as they are by `Recovery` alone. Method: a store that was opened twice, whose files of the first time are put
/// over those of the second.
final class FileReachTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private var path: String { directory.path }
    private static let process = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#

    /// One day, however long the test takes.
    private func open(_ path: String? = nil) throws -> EngineFixture { try EngineFixture(path ?? self.path, clock: Clock { 1_796_000_000_000_000 }) }

    private func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(path)/\(name)")) }

    private func put(_ contents: Data, _ name: String) throws {
        for suffix in ["-wal", "-shm"] { XCTAssertFalse(FileManager.default.fileExists(atPath: "\(path)/\(name)\(suffix)"), "an orderly end leaves none") }
        try contents.write(to: URL(filePath: "\(path)/\(name)"))
    }

    private func hotFile() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: path + "/hot").filter { $0.hasSuffix(".sqlite") }
        XCTAssertEqual(names.count, 1)
        return "hot/\(try XCTUnwrap(names.first))"
    }

    private func noted() throws -> [String: FileReach] { try FileReach.noted(SQLiteConnection(atRest: path + "/catalog.sqlite")) }
    private func findings(_ path: String? = nil) throws -> [Finding] { try Verifier(path: path ?? self.path).run().findings }

    private func refusal() throws -> [String] {
        do {
            try Engine(path: path).close()
            XCTFail("it started")
            return []
        } catch DataDirectory.Failure.unproven(_, let reasons) {
            return reasons
        }
    }

    /// Puts an older copy in a file's place: it is refused and named, and nothing is changed; the newer one is taken as before.
    private func checkRefusal(_ older: Data, _ name: String, _ newer: Data, file: StaticString = #filePath, line: UInt = #line) throws {
        try put(older, name)
        let reasons = try refusal()
        XCTAssertEqual(reasons.count, 1, "\(reasons)", file: file, line: line)
        XCTAssertTrue(reasons.allSatisfy { $0.hasPrefix("\(name) is an older copy") && $0.contains("till recover") }, "\(reasons)", file: file, line: line)
        let found = try findings()
        XCTAssertEqual(found.map(\.path), ["\(path)/\(name)"], "\(found)", file: file, line: line)
        XCTAssertEqual(try contents(name), older, "nothing was changed", file: file, line: line)
        try put(newer, name)
        XCTAssertEqual(try findings().map(\.description), [], file: file, line: line)
    }

    func test_olderHotFile_isRefused_andTakenAsItIsByRecovery() throws {
        let first = try open()
        _ = try first.taken(EngineFixture.receipt("A-1"))
        try first.engine.close()
        let name = try hotFile()
        let older = try contents(name)
        let second = try open()
        for number in 2..<5 { _ = try second.taken(EngineFixture.receipt("A-\(number)")) }
        try second.engine.close()
        try checkRefusal(older, name, try contents(name))
        try put(older, name)
        let report = try Recovery(path: path).run()
        XCTAssertTrue(report.missing.contains { $0.contains(name) && $0.contains("behind sequence 1") && $0.contains("had come to sequence 4") }, "\(report.missing)")
        XCTAssertEqual(try findings().map(\.description), [])
        let again = try open()
        XCTAssertEqual(try again.walk(PageRequest(fields: ["receipt_id"])), ["A-1"])
        XCTAssertGreaterThan(try again.taken(EngineFixture.receipt("A-5")).summary.sequence, 4, "no sequence is given out again")
        try again.engine.close()
        XCTAssertEqual(try findings().map(\.description), [])
    }

    /// As steps of processes are, or a document that was brought again.
    func test_olderHotFile_thatLacksWhatHasNoSequence_isRefused() throws {
        let first = try open()
        _ = try first.taken(EngineFixture.receipt("A-1"))
        try first.engine.close()
        let name = try hotFile()
        let older = try contents(name)
        let second = try open()
        let file = try XCTUnwrap(second.engine.tier.boundary.snapshot().files.first)
        try second.engine.tier.writer.perform(on: file) { try $0.perform { try $0.execute("INSERT OR REPLACE INTO meta(key, value) VALUES('of a test', 1)") } }
        try second.engine.close()
        try checkRefusal(older, name, try contents(name))
        try put(older, name)
        let missing = try Recovery(path: path).run().missing
        XCTAssertTrue(missing.contains { $0.contains(name) && $0.contains("none is known to be missing") }, "\(missing)")
        XCTAssertFalse(missing.contains { $0.contains("behind sequence") }, "\(missing)")
    }

    func test_olderQueuesOrExecutions_areRefused_andTakenAsTheyAreByRecovery() throws {
        func fill(_ mark: String) throws {
            let engine = try open().engine
            _ = try engine.queues.put(queue: "jobs", QueueSettings())
            let _: [SentMessage] = try QueueFixture.wait { engine.queues.send([OutgoingMessage(id: mark, body: [0x31])], to: "jobs", as: .admin, completion: $0) }
            _ = try engine.executions.putProcess("slow", Array(Self.process.utf8))
            let started: Monitor<Result<StartedExecution, any Error>?> = Monitor(nil)
            engine.executions.start("slow", name: mark, input: try ValueLimits.parse(Array("{}".utf8)), as: .admin) { outcome in started.signal { $0 = outcome } }
            _ = try started.wait { $0 }.get()
            try engine.close()
        }
        try fill("one")
        let names = LaterDatabase.allCases.map(\.rawValue)
        let older = try names.map { try contents($0) }
        try fill("two")
        let newer = try names.map { try contents($0) }
        for (index, name) in names.enumerated() { try checkRefusal(older[index], name, newer[index]) }
        for (index, name) in names.enumerated() { try put(older[index], name) }
        XCTAssertEqual(try refusal().count, 2)
        let report = try Recovery(path: path).run()
        for name in names { XCTAssertTrue(report.missing.contains { $0.hasPrefix("\(name) is an older copy") }, "\(report.missing)") }
        XCTAssertEqual(try findings().map(\.description), [])
        let engine = try open().engine
        XCTAssertEqual(try engine.queues.messages(in: "jobs", after: nil, limit: 9, as: .admin).messages.map(\.id), ["one"])
        XCTAssertEqual(try engine.executions.reader.runningCount(), 1)
        try engine.close()
    }

    /// With the columns, and not with each commit; a file that is gone is forgotten.
    func test_hotFiles_areNotedAsTheirColumnsAreLaidDown() throws {
        let fixture = try open()
        for number in 0..<3 { _ = try fixture.taken(EngineFixture.receipt("A-\(number)")) }
        XCTAssertEqual(try noted(), [:])
        try fixture.engine.tier.flush(isWhole: true)
        let name = try hotFile()
        XCTAssertEqual(try noted()[name]?.number, 3)
        _ = try fixture.taken(EngineFixture.receipt("A-4"))
        XCTAssertEqual(try noted()[name]?.number, 3)
        try fixture.engine.close()
        XCTAssertEqual(try noted()[name]?.number, 4)
        let again = try open()
        _ = try again.engine.compact(before: nil)
        try again.engine.close()
        XCTAssertNil(try noted()[name])
        XCTAssertEqual(try findings().map(\.description), [])
    }

    /// As a kill leaves it, or a version that noted nothing.
    func test_filesThatAreFurtherThanTheirNotes_areTaken_andNotedByTheStart() throws {
        let first = try open()
        _ = try first.taken(EngineFixture.receipt("A-1"))
        try first.engine.close()
        let name = try hotFile()
        do {
            let catalog = try SQLiteConnection(path: path + "/catalog.sqlite", mode: .readWrite)
            try FileReach.forgetAll(catalog)
        }
        XCTAssertEqual(try noted(), [:])
        XCTAssertEqual(try findings().map(\.description), [])
        let second = try open()
        XCTAssertEqual(try noted()[name]?.number, 1)
        try second.engine.close()
    }

    /// A restore's files are those of one instant: they are what there is.
    func test_restore_notesAnew() throws {
        let (copy, restored) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try open()
        _ = try fixture.taken(EngineFixture.receipt("A-1"))
        try fixture.engine.tier.flush(isWhole: true)
        _ = try fixture.taken(EngineFixture.receipt("A-2"))
        _ = try fixture.engine.backup(to: copy.path)
        try fixture.engine.close()
        _ = try Restore(source: copy.path, directory: restored.path).run()
        XCTAssertEqual(try FileReach.noted(SQLiteConnection(atRest: restored.path + "/catalog.sqlite")), [:])
        XCTAssertEqual(try findings(restored.path).map(\.description), [])
        let other = try open(restored.path)
        XCTAssertEqual(try other.walk(PageRequest(fields: ["receipt_id"])).count, 2)
        try other.engine.close()
    }
}
