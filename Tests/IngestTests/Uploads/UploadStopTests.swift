import ColumnStore
import Glibc
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: whoever ends an upload, or stops the store, waits for no record. Method: a file of nothing but blanks that goes on for as long as it is read: a pipe in the file's place.
final class UploadStopTests: XCTestCase {
    /// What ends a file without records in any case.
    private static let endlessByteCount = 256 << 20

    /// Writes blanks until nobody reads them any more.
    private final class Blanks: Sendable {
        let written = Atomic(0)
        private let hasEnded = Monitor(false)

        init(to path: String) {
            WorkerThread(name: "blanks", isDetached: true) { [self] in
                let pipe = open(path, O_WRONLY | O_CLOEXEC)
                let blanks = [UInt8](repeating: 0x0A, count: 64 << 10)
                while pipe >= 0 {
                    let count = blanks.withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
                    if count <= 0 { break }
                    written.wrappingAdd(count, ordering: .relaxed)
                }
                close(pipe)
                hasEnded.broadcast { $0 = true }
            }
        }

        func wait() { hasEnded.wait { $0 ? () : nil } }
    }

    private func begun(_ fixture: EngineFixture, _ id: String) throws -> Blanks {
        let uploads = fixture.engine.uploads
        let file = try uploads.receive(try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: id, as: .admin), from: 0, isAnew: true, isKept: false)
        try [UInt8](repeating: 0x0A, count: 10).withUnsafeBytes { try file.append($0) }
        file.keep()
        XCTAssertEqual(unlink(file.path), 0)
        XCTAssertEqual(mkfifo(file.path, 0o600), 0)
        let blanks = Blanks(to: file.path)
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(Patience.until { blanks.written.load(ordering: .relaxed) > 1 << 20 })
        return blanks
    }

    func test_fileWithoutRecords_endsWhenItIsToEnd() throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        uploads.start { _ in [] }
        let first = try begun(fixture, "up-1")
        try uploads.cancel("up-1", as: .admin)
        first.wait()
        XCTAssertEqual(try uploads.upload("up-1", as: .admin).state, .cancelled)
        XCTAssertLessThan(first.written.load(ordering: .relaxed), Self.endlessByteCount)
        let second = try begun(fixture, "up-2")
        uploads.stop()
        second.wait()
        XCTAssertEqual(try uploads.upload("up-2", as: .admin).state, .processing, "the next start goes on")
        XCTAssertLessThan(second.written.load(ordering: .relaxed), Self.endlessByteCount)
    }
}
