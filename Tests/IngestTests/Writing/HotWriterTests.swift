import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what the writer need not do again it does not: open a file that it had open.
final class HotWriterTests: XCTestCase {
    func test_perform_onFilesInTurn_keepsTheirWriters() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        for number in 0..<6 {
            _ = try store.stored([try HotTierFixture.row("R-\(number)")])
            try store.tier.seal()
        }
        let files = store.tier.boundary.snapshot().files
        XCTAssertEqual(files.count, 6)
        // What is left to lay down of them is done before: it works with their writers too.
        try store.tier.flush()
        for file in files { try store.tier.writer.perform(on: file) { _ in } }
        // A writer lays room in the log of its file for as long as it has the file open.
        func open() -> [Bool] { files.map { $0.logRoom != nil } }
        XCTAssertEqual(open(), [false, false, true, true, true, true], "those that were worked on last")
        for _ in 0..<3 {
            for file in files.prefix(4) { try store.tier.writer.perform(on: file) { _ in } }
            XCTAssertEqual(open(), [true, true, true, true, false, false])
        }
        try store.tier.writer.perform(on: files[0]) { _ in }
        try store.tier.writer.perform(on: files[5]) { _ in }
        XCTAssertEqual(open(), [true, false, true, true, false, true], "the one that was used longest ago has gone")
        try store.tier.writer.forget(files[3])
        XCTAssertEqual(open(), [true, false, true, false, false, true])
    }
}
