import ColumnStore
import Foundation
import Synchronization
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a cold file that the system does not let be opened is told of as long as that is so, and is taken for damaged by nobody.
final class UnopenedFilesTests: XCTestCase {
    func test_reading_ofAFileOfSomebodyElse_isToldUntilItCanBeOpened() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        for number in 0..<3 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        _ = try fixture.engine.compact(before: nil)
        let table = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
        // Root may open everything.
        let isRefused = Mutex(true)
        table.damage.setRefusal { _, _ in isRefused.withLock { $0 } ? EACCES : nil }
        let file = directory.path + "/elsewhere.parquet"
        for _ in 0..<2 {
            XCTAssertThrowsError(try table.reading("file://\(file)") { () -> Void in throw ColumnStoreError(.io, path: file, "open: Permission denied", systemError: EACCES) }) {
                XCTAssertEqual(($0 as? ColumnStoreError)?.systemError, EACCES)
            }
        }
        XCTAssertEqual(fixture.engine.degradations.filter { $0.contains("1 cold file of the table receipts cannot be opened") }.count, 1, "\(fixture.engine.degradations)")
        XCTAssertTrue(table.damage.isEmpty)
        isRefused.withLock { $0 = false }
        XCTAssertEqual(fixture.engine.degradations, [])
        // One that is gone by now, as after a merge, is nobody's.
        table.damage.setRefusal(DataDirectory.refusal)
        XCTAssertThrowsError(try table.reading("file://\(file)") { () -> Void in throw ColumnStoreError(.io, path: file, "open: Permission denied", systemError: EACCES) })
        XCTAssertEqual(fixture.engine.degradations, [])
        try fixture.engine.close()
    }
}
