import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a file of any kind that was cut off is reported by an error of its kind; nothing traps, nothing is removed, and what is answered is
/// right. Method: a killed store's files, cut one at a time at many lengths; each time a start, questions, a verification.
final class TruncationTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private let saved = TemporaryDirectory()
    private static let all = PageRequest(fields: ["*"], limit: 50)

    /// A store as a kill leaves it: rows in cold whose hot file a reader still holds, rows in a sealed hot file, and in the open one whose log has not been copied.
    ///
    /// - Returns: its rows, and the first of these files.
    private func fill() throws -> (answers: [String], left: String) {
        let fixture = try EngineFixture(directory.path)
        try fixture.keepOneRollup()
        var reader: TierBoundary.Snapshot?
        defer { withExtendedLifetime(reader) {} }
        for round in 0..<3 {
            for number in 0..<20 { _ = try fixture.taken(EngineFixture.receipt("R-\(round)-\(number)", note: String(repeating: "n", count: number))) }
            if round == 0 {
                reader = fixture.engine.tier.boundary.snapshot()
                _ = try fixture.engine.compact(before: nil)
            }
            if round == 1 {
                try fixture.engine.tier.seal()
                try fixture.engine.tier.flush()
            }
        }
        let answers = try fixture.walk(Self.all)
        try FileManager.default.copyItem(atPath: directory.path, toPath: saved.path)
        let left = try XCTUnwrap(reader?.files.first?.name)
        reader = nil
        try fixture.engine.close()
        return (answers, "hot/\(left).sqlite")
    }

    private func files() throws -> [String] {
        try XCTUnwrap(FileManager.default.enumerator(atPath: directory.path)).compactMap { $0 as? String }.filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(directory.path)/\(name)", isDirectory: &isDirectory) && !isDirectory.boolValue
        }.sorted()
    }

    private func restore() throws {
        try? FileManager.default.removeItem(atPath: directory.path)
        try FileManager.default.copyItem(atPath: saved.path, toPath: directory.path)
    }

    private static func isTyped(_ error: any Error) -> Bool {
        switch error {
        case is DataDirectory.Failure, is SQLiteError, is ColumnStoreError, is any DamageReport, is Fault, is JSONSyntaxError: true
        default: false
        }
    }

    /// The log of a catalog that is as it was: it went into it when that was closed. Of one that was empty there was nothing to keep.
    private func isCopied(_ name: String) -> Bool {
        let catalog = "\(directory.path)/catalog.sqlite"
        return name == "catalog.sqlite-wal" && !FileManager.default.fileExists(atPath: "\(catalog)-wal") && (try? DatabaseFile.faults(catalog))?.isEmpty == true
    }

    /// Files whose end nothing proves: the end of a log that was never acknowledged to be there, and scratch.
    private static func isScratch(_ name: String) -> Bool { name.hasSuffix("-shm") || name == "LOCK" }

    private func check(_ name: String, length: Int, of whole: Int, _ answers: [String]) throws {
        let place = "\(name) cut at \(length) of \(whole)"
        try restore()
        let before = try files()
        let handle = try FileHandle(forWritingTo: URL(filePath: "\(directory.path)/\(name)"))
        try handle.truncate(atOffset: UInt64(length))
        try handle.close()
        var isTold = false
        if name.contains("/rollup_"), name.contains("/data/"), length < whole {
            // Rows do not need sums: whoever proves the store sees it.
            isTold = !(try Verifier(path: directory.path).run().findings.isEmpty)
        }
        do {
            let fixture = try EngineFixture(directory.path)
            do {
                let found = try fixture.walk(Self.all)
                if found != answers {
                    // Rows whose commits the log has lost, where nothing says that they were there.
                    XCTFail("\(place): \(found.count) rows of \(answers.count) without a word")
                }
            } catch {
                XCTAssertTrue(Self.isTyped(error), "\(place): \(error)")
                isTold = true
            }
            do { _ = try fixture.engine.compact(before: nil) } catch { XCTAssertTrue(Self.isTyped(error), "\(place): \(error)") }
            do { try fixture.engine.close() } catch { XCTAssertTrue(Self.isTyped(error), "\(place): \(error)") }
        } catch {
            XCTAssertTrue(Self.isTyped(error), "\(place): \(error)")
            XCTAssertFalse("\(error)".isEmpty)
            isTold = true
            // What could not be started is as it was.
            let after = Set(try files())
            for file in before where !Self.isScratch(file) && !isCopied(file) { XCTAssertTrue(after.contains(file), "\(place): \(file) is gone") }
            do {
                let findings = try Verifier(path: directory.path).run().findings
                XCTAssertFalse(findings.isEmpty, "\(place): nothing is wrong, and it does not start: \(error)")
            } catch { XCTAssertTrue(Self.isTyped(error), "\(place): \(error)") }
        }
        // Hints and a killed server's index are made anew; all else is seen by somebody.
        if !isTold, length < whole, name.contains("/data/") { XCTFail("\(place): nobody says so") }
    }

    func test_fileThatAReaderHeld_goesAtTheEndOfTheNextStart() throws {
        let (answers, left) = try fill()
        try restore()
        XCTAssertTrue(try files().contains(left))
        let fixture = try EngineFixture(directory.path)
        XCTAssertFalse(try files().contains(left))
        XCTAssertEqual(try fixture.walk(Self.all), answers)
        try fixture.engine.close()
    }

    func test_anyFile_cutOff_isToldOf() throws {
        let answers = try fill().answers
        try restore()
        var random = SplitMix64(state: SourceSeed.of("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest"))
        for name in AlikeFiles.sample(try files()) where !name.hasSuffix("-shm") && name != "LOCK" {
            let whole = try XCTUnwrap(FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")[.size] as? Int)
            guard whole > 0 else { continue }
            var lengths: Set<Int> = [0, whole - 1, whole / 2]
            lengths.insert(Int.random(in: 0..<whole, using: &random))
            for length in lengths.sorted() { try check(name, length: length, of: whole, answers) }
            try restore()
        }
    }
}
