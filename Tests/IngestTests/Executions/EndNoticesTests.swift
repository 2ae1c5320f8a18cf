import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: each end of an execution is published, and stands in the file until it is. Method: a topic that refuses each event a few times, and looks into the file
/// whenever it gets one.
final class EndNoticesTests: XCTestCase {
    private final class Topic: EventPublishing {
        private struct State {
            var offers: [String: Int] = [:]
            var taken: [String] = []
            var unwritten: [String] = []
        }
        private let state = Mutex(State())
        private let path: String

        init(_ path: String) { self.path = path }

        var taken: [String] { state.withLock { $0.taken } }
        /// Events that did not stand in the file when they came.
        var unwritten: [String] { state.withLock { $0.unwritten } }

        func emit(_ event: EventDraft, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
            let reader = ExecutionReader(path: path)
            defer { reader.close() }
            let isWritten = ((try? reader.notices(limit: 1_000)) ?? []).contains { $0.event.id == event.id }
            let isTaken = state.withLock { state in
                if !isWritten { state.unwritten.append(event.id) }
                state.offers[event.id, default: 0] += 1
                guard state.offers[event.id] == 2 else { return false }
                state.taken.append(event.id)
                return true
            }
            completion(isTaken ? .success(()) : .failure(Fault(.diskFull, "for a test")))
        }

        var isHeard: Bool { true }
        func publish(_ events: [EventDraft], to topic: String, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void) { completion(.success([])) }
        func follow(_ rules: [EventRule], starting process: String) throws {}
        func conditionFault(_ text: String) -> String? { nil }
        func hasTopic(_ name: String) -> Bool { true }
    }

    func test_ends_standInTheFile_untilTheTopicHasThem() throws {
        let folder = TemporaryDirectory()
        let path = try folder.made() + "/executions.sqlite"
        let topic = Topic(path)
        let store = try ExecutionStore(path: path, clock: .system, ExecutionStore.Surroundings(events: topic))
        try store.begin(ExecutionStoreTests.Hands { _, _ in nil })
        defer { store.stop() }
        _ = try store.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8))
        for number in 0..<3 {
            let result = Monitor<Result<StartedExecution, any Error>?>(nil)
            store.start("p", name: "n\(number)", input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
            _ = try result.wait { $0 }.get()
        }
        XCTAssertTrue(Patience.until { topic.taken.count == 3 })
        XCTAssertTrue(try Patience.until { try store.reader.notices(limit: 10).isEmpty }, "what was told is forgotten")
        XCTAssertEqual(Set(topic.taken).count, 3)
        XCTAssertEqual(topic.unwritten, [])
    }
}
