import ColumnStore
import Documents
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// A chunk goes to the writer piece by piece, and what became of its rows comes back in their order.
final class UploadPaceTests: XCTestCase {
    /// What a writer was given; it refuses every row that ends in 7.
    private final class Writer: Sendable {
        let pieces = Mutex<[[Int]]>([])
        let isFull: Bool
        init(isFull: Bool = false) { self.isFull = isFull }

        @Sendable func store(_ rows: [Int], _ completion: @escaping UploadPace.Completion) {
            let count = pieces.withLock { pieces in
                pieces.append(rows)
                return pieces.count
            }
            if isFull, count > 1 { return completion(.refused(Fault(.overloaded, "full"))) }
            completion(.done(rows.map { $0 % 10 == 7 ? .conflict(ticketID: "\($0)") : .refused(Fault(.diskFull, "\($0)")) }))
        }
    }

    private func submit(_ rows: [Int], to writer: Writer, isStopped: Bool = false) throws -> [String] {
        let thread = JobThread(name: "test-rows")
        thread.start()
        if isStopped { thread.stop() }
        defer { thread.stop() }
        let answer = Monitor<Submission.Answer?>(nil)
        UploadPace(on: thread).submit(rows, to: writer.store) { outcome in answer.broadcast { $0 = outcome } }
        guard case .done(let outcomes) = answer.wait({ $0 }) else { throw Fault(.internalError, "no outcomes") }
        return outcomes.map { outcome in
            switch outcome {
            case .conflict(let ticket): "conflict \(ticket)"
            case .refused(let fault): "\(fault.code.rawValue) \(fault.detail)"
            case .stored, .repeated: "stored"
            }
        }
    }

    func test_submit_givesEachRowsOutcomeInOrder() throws {
        for count in [0, 1, 199, 200, 201, 1_000] {
            let writer = Writer()
            let rows = Array(0..<count)
            XCTAssertEqual(try submit(rows, to: writer), rows.map { $0 % 10 == 7 ? "conflict \($0)" : "disk-full \($0)" })
            XCTAssertEqual(writer.pieces.withLock { Array($0.joined()) }, rows)
            if count == 1_000 { XCTAssertGreaterThan(writer.pieces.withLock { $0.count }, 1) }
        }
    }

    func test_submit_toOneWhoTakesNoMore_refusesTheRestForLater() throws {
        let outcomes = try submit(Array(0..<500), to: Writer(isFull: true))
        XCTAssertEqual(outcomes.count, 500)
        XCTAssertEqual(outcomes[199], "disk-full 199")
        XCTAssertEqual(Set(outcomes[200...]), ["overloaded full"])
    }

    func test_submit_onAThreadThatHasStopped_refusesAll() throws {
        let writer = Writer()
        XCTAssertEqual(Set(try submit(Array(0..<300), to: writer, isStopped: true)), ["overloaded the server is stopping; send it again"])
        XCTAssertEqual(writer.pieces.withLock { $0.count }, 0)
    }

    func test_rowCount_followsTheWritersSpeed_withinBounds() {
        for count in [32, 33, 200, 999, 1_000] {
            for nanoseconds in [0, 1, 1_000, 1_000_000, 8_000_000, 1_000_000_000, UInt64.max] {
                let next = UploadPace.rowCount(after: count, nanoseconds: nanoseconds)
                XCTAssertTrue((32...1_000).contains(next), "\(count) \(nanoseconds): \(next)")
                XCTAssertLessThanOrEqual(next, count + count / 2 + 1)
                XCTAssertGreaterThanOrEqual(next, min(count / 2, 1_000))
            }
        }
        XCTAssertEqual(UploadPace.rowCount(after: 200, nanoseconds: 8_000_000), 200)
        XCTAssertEqual(UploadPace.rowCount(after: 200, nanoseconds: 16_000_000), 100)
        XCTAssertEqual(UploadPace.rowCount(after: 200, nanoseconds: 6_000_000), 266)
    }
}
