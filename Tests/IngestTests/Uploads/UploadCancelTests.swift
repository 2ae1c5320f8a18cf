import ColumnStore
import Glibc
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: rows that an upload has stored are counted whatever ends it, so that they can be taken back. Method: a pipe in the file's place, which gives a chunk
/// and then nothing until the upload has ended.
final class UploadCancelTests: XCTestCase {
    private static let recordCount = UploadChunk.recordCountMax

    /// Whoever cancels waits for a while; here that while is over before the chunk is counted.
    func test_chunkOfAnUploadThatWasCancelledMeanwhile_isCounted() throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        uploads.start { _ in [] }
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.client = "c1"
        let file = try uploads.receive(try uploads.announce(announcement, id: "up-1", as: .admin), from: 0, isAnew: true, isKept: false)
        try [UInt8](repeating: 0x0A, count: 10).withUnsafeBytes { try file.append($0) }
        file.keep()
        let path = file.path
        XCTAssertEqual(unlink(path), 0)
        XCTAssertEqual(mkfifo(path, 0o600), 0)
        let isCancelled = Monitor(false)
        let lines = Array((0..<Self.recordCount).map { EngineFixture.receipt("U-\($0)") + "\n" }.joined().utf8)
        let writer = WorkerThread(name: "records") {
            let pipe = open(path, O_WRONLY | O_CLOEXEC)
            var written = 0
            while written < lines.count {
                let count = lines[written...].withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
                if count <= 0 { break }
                written += count
            }
            isCancelled.wait { $0 ? () : nil }
            close(pipe)
        }
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(Patience.until { uploads.sequence >= Int64(Self.recordCount) })
        var upload = try XCTUnwrap(try uploads.catalog.upload("up-1"))
        XCTAssertEqual(upload.counts.accepted, 0, "the chunk is counted as the next one is handed over")
        (upload.state, upload.endedAt) = (.cancelled, uploads.clock.now())
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processing))
        isCancelled.broadcast { $0 = true }
        writer.join()
        XCTAssertTrue(uploads.queue.waitWhileActive("up-1", seconds: Patience.seconds))
        let ended = try uploads.upload("up-1", as: .admin)
        XCTAssertEqual(ended.state, .cancelled)
        XCTAssertEqual(ended.counts.accepted, Int64(Self.recordCount))
        XCTAssertEqual(ended.tables.count, 1, "\(ended.tables)")
        uploads.stop()
    }
}
