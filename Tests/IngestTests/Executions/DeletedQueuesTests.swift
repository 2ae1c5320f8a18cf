import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: no execution waits for the workers of a queue that is no more, whenever the process that deleted it ended. Method: a file whose tasks wait, opened anew where one of their queues is gone.
final class DeletedQueuesTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func start(_ store: ExecutionStore, _ queue: String) throws -> String {
        _ = try store.putProcess(queue, Array(#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:queue:\#(queue)","End":true}}}"#.utf8))
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start(queue, name: nil, input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get().id.description
    }

    func test_tasksOfAQueueThatIsGone_areCarriedOutAgainAfterAStart() throws {
        let path = try folder.made() + "/executions.sqlite"
        let first = try ExecutionStore(path: path, clock: .system)
        try first.begin(ExecutionStoreTests.Hands { _, _ in .awaited(lookAgainAt: nil) })
        let (gone, kept) = (try start(first, "gone"), try start(first, "kept"))
        XCTAssertTrue(
            try Patience.until { try SQLiteConnection(path: path, mode: .readOnly).integer("SELECT count(*) FROM tasks WHERE due_at IS NULL") == 2 })
        first.stop()

        let hands = ExecutionStoreTests.Hands { work, _ in work.isAwaited ? .failed(StateError(name: "Till.Rejected", cause: "there is no such queue")) : nil }
        let second = try ExecutionStore(path: path, clock: .system, .init(hasQueue: { $0 != "gone" }))
        defer { second.stop() }
        try second.begin(hands)
        XCTAssertTrue(try Patience.until { try second.execution(gone, as: .admin).status == .failed })
        XCTAssertEqual(try second.execution(kept, as: .admin).status, .running)
        XCTAssertEqual(hands.state.withLock { $0.done.count }, 1)
    }
}
