import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// A process that imports is killed at random instants, again and again, and begins each time with the whole file: every batch that a
/// crash left is there whole, the store proves sound, and at the end each receipt is there once, byte for byte.
///
/// The child is this test program again, with one test and a variable that names the directory.
final class ImportCrashTests: XCTestCase {
    private static let variable = "TILL_IMPORT_CRASH_DIRECTORY"
    private static let receiptCount = 4_000
    private static let batchRowCount = 250

    private static func line(_ number: Int) -> String {
        EngineFixture.receipt(
            "R-\(number)", at: "20\(18 + number % 3)-0\(1 + number % 9)-1\(number / 7 % 10)T10:00:00Z", note: String(repeating: "ж", count: number % 40))
    }

    private static func importAll(_ engine: Engine) throws -> BulkImporter.Counts {
        var options = BulkImporter.Options()
        options.client = "c1"
        options.rowCountMin = 0
        options.rowCountMax = batchRowCount
        options.runByteCount = 40_000
        let importer = BulkImporter(
            engine: engine, options: options,
            outlet: .init(
                passOn: { number, _, _ in throw Fault(.internalError, "record \(number) is a plain receipt") }, settle: {},
                refuse: { number, _, problem in throw Fault(.internalError, "record \(number): \(problem.detail)") }))
        for start in stride(from: 0, to: receiptCount, by: 50) {
            try importer.add(.lines(Array((start..<start + 50).map { line($0) + "\n" }.joined().utf8)))
        }
        return try importer.finish()
    }

    func test_child() throws {
        guard let path = ProcessInfo.processInfo.environment[Self.variable] else { throw XCTSkip("runs as a child of the other test") }
        let engine = try EngineFixture(path).engine
        let bytes = Array("ready\n".utf8)
        _ = write(1, bytes, bytes.count)
        let compaction = WorkerThread(name: "compaction") { for _ in 0..<1_000 { _ = try? engine.compact(before: nil) } }
        for _ in 0..<1_000 { _ = try Self.importAll(engine) }
        compaction.join()
    }

    func test_kill_atRandomInstants_leavesWholeBatches_andAgainDoublesNothing() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 4
        let directory = TemporaryDirectory()
        let expected = Set((0..<Self.receiptCount).map(Self.line))
        var earlier = 0
        for round in 0..<rounds {
            try runChild(directory.path, milliseconds: Int.random(in: 5...900))
            let report = try Verifier(path: directory.path).run()
            XCTAssertEqual(report.findings.map(\.description), [], "round \(round)")
            let fixture = try EngineFixture(directory.path)
            let documents = try fixture.walk(PageRequest(fields: ["document"], limit: 10_000))
            XCTAssertEqual(Set(documents).count, documents.count, "round \(round): a receipt is there twice")
            XCTAssertTrue(Set(documents).isSubset(of: expected), "round \(round): a document is not what was imported")
            XCTAssertGreaterThanOrEqual(documents.count, earlier, "round \(round): receipts are gone")
            earlier = documents.count
            try fixture.engine.close()
        }
        let fixture = try EngineFixture(directory.path)
        let counts = try Self.importAll(fixture.engine)
        XCTAssertEqual(counts.imported + counts.repeated, Self.receiptCount)
        XCTAssertEqual(counts.repeated, earlier)
        XCTAssertEqual(counts.rejected, 0)
        let documents = try fixture.walk(PageRequest(fields: ["document"], limit: 10_000))
        XCTAssertEqual(documents.count, Self.receiptCount)
        XCTAssertEqual(Set(documents), expected)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    /// Starts a child and kills it some time after it is ready.
    private func runChild(_ path: String, milliseconds: Int) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/\(getpid())/exe").resolvingSymlinksInPath()
        process.arguments = ["IngestTests.ImportCrashTests/test_child"]
        process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: path]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains("ready") {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty { break }
            text += String(decoding: bytes, as: UTF8.self)
        }
        XCTAssertTrue(text.contains("ready"), "the child did not begin: \(text)")
        usleep(UInt32(milliseconds) * 1_000)
        kill(process.processIdentifier, SIGKILL)
        process.waitForEnd()
    }
}
