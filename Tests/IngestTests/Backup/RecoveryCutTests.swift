import ColumnStore
import Foundation
import Synchronization
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a recovery that is cut off anywhere is begun again, and nothing that was acknowledged is left out. Method: a store as a kill leaves it, whose last changes stand in logs alone; recoveries that
/// give no file another name from the n-th on, for each n, and one behind each.
final class RecoveryCutTests: XCTestCase {
    /// Gives files no other name from some call on.
    private final class CutDisk: FileSystemCalls {
        private let left: Mutex<Int>
        private let system = LinuxFileSystem()

        init(after count: Int) { left = Mutex(count) }

        func rename(_ source: String, _ target: String) throws(FileSystemFault) {
            let isCut = left.withLock { left in
                left -= 1
                return left < 0
            }
            if isCut { throw FileSystemFault(operation: "rename", code: EIO) }
            try system.rename(source, target)
        }
        func create(_ path: String) throws(FileSystemFault) -> Int32 { try system.create(path) }
        func write(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) { try system.write(descriptor, bytes) }
        func synchronize(_ descriptor: Int32) throws(FileSystemFault) { try system.synchronize(descriptor) }
        func close(_ descriptor: Int32) { system.close(descriptor) }
        func link(_ source: String, _ target: String) throws(FileSystemFault) { try system.link(source, target) }
        func unlink(_ path: String, _ proof: RemovalProof) throws(FileSystemFault) { try system.unlink(path, proof) }
        func makeDirectory(_ path: String) throws(FileSystemFault) { try system.makeDirectory(path) }
        func synchronizeDirectory(_ path: String) throws(FileSystemFault) { try system.synchronizeDirectory(path) }
    }

    private let directory = TemporaryDirectory()
    private let killed = TemporaryDirectory()

    private func answers(_ engine: Engine) throws -> [String] { try EngineFixture.walk(engine, PageRequest(table: "receipts", fields: ["*"], limit: 7)) }

    /// Rows in cold and in a hot file, then rows and a contract that no file has but the logs.
    ///
    /// - Returns: what it answers.
    private func makeKilled() throws -> [String] {
        do {
            let first = try EngineFixture(directory.path)
            for number in 0..<3 { _ = try first.taken(EngineFixture.receipt("cold-\(number)")) }
            _ = try first.engine.compact(before: nil)
            for number in 0..<5 { _ = try first.taken(EngineFixture.receipt("hot-\(number)")) }
            try first.engine.close()
        }
        let fixture = try EngineFixture(directory.path)
        for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("log-\(number)")) }
        _ = try fixture.engine.putContract(Contract(clientID: "late", access: .readWrite, scope: .own))
        try FileManager.default.copyItem(atPath: directory.path, toPath: killed.path)
        let told = try answers(fixture.engine)
        try fixture.engine.close()
        return told
    }

    /// - Parameters:
    ///   - leastCount: of moves that a recovery of it makes.
    ///   - check: of each store, once the recovery that was cut off has been followed by one that was not.
    private func cutAtEachMove(leastCount: Int, _ check: (Engine, _ step: Int) throws -> Void) throws {
        for step in 0..<100 {
            let work = TemporaryDirectory()
            try FileManager.default.copyItem(atPath: killed.path, toPath: work.path)
            var isCut = false
            do { _ = try Recovery(path: work.path, calls: CutDisk(after: step)).run() } catch {
                isCut = true
                _ = try Recovery(path: work.path).run()
            }
            let engine = try Engine(path: work.path)
            try check(engine, step)
            try engine.close()
            XCTAssertEqual(try Verifier(path: work.path).run().findings.map(\.description), [], "cut off at the move \(step)")
            guard isCut else { return XCTAssertGreaterThanOrEqual(step, leastCount) }
        }
        XCTFail("a recovery makes no hundred moves")
    }

    func test_catalog_cutOffAtEachMove_keepsWhatItsLogHas() throws {
        let before = try makeKilled()
        try FileManager.default.removeItem(atPath: "\(killed.path)/FORMAT")
        XCTAssertEqual(
            try SQLiteConnection(path: "\(killed.path)/catalog.sqlite", mode: .immutable).integer("SELECT count(*) FROM contracts WHERE client_id = 'late'"), 0, "its log alone has it")
        // The finished draft's name, the catalog, its log and index, the draft's last name, FORMAT.
        try cutAtEachMove(leastCount: 5) { engine, step in
            XCTAssertNotNil(engine.catalog.contract("late"), "cut off at the move \(step)")
            XCTAssertEqual(try answers(engine), before, "cut off at the move \(step)")
        }
    }

    func test_hotFile_cutOffAtEachMove_keepsWhatItsLogHas() throws {
        let before = try makeKilled()
        let hot = "\(killed.path)/hot"
        func main(_ name: String) throws -> SQLiteConnection { try SQLiteConnection(path: "\(hot)/\(name)", mode: .immutable) }
        // Its log alone has the others.
        let name = try XCTUnwrap(
            try DataDirectory.names(in: hot).sorted().first { name in
                name.hasSuffix(".sqlite") && (try? main(name).integer("SELECT count(*) FROM rows")) == 5
            })
        var bytes = try Data(contentsOf: URL(filePath: "\(hot)/\(name)"))
        let page = try XCTUnwrap(try main(name).integer("SELECT rootpage FROM sqlite_master WHERE name = 'days'"))
        bytes[Int(page - 1) * 4_096 + 2_048] ^= 1
        try bytes.write(to: URL(filePath: "\(hot)/\(name)"))
        // The damaged file, its log and index, the draft's name.
        try cutAtEachMove(leastCount: 4) { engine, step in XCTAssertEqual(try answers(engine), before, "cut off at the move \(step)") }
    }
}
