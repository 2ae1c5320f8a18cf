import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: topics start a process as its definition says, and none that is gone, wherever a call ends between the two. Method: topics that note who follows them, and refuse when they are told to; then those of a store.
final class ProcessFollowingTests: XCTestCase {
    private final class Topics: EventPublishing {
        struct State {
            /// The process, and how many rules.
            var followed: [String] = []
            /// Processes that are there now.
            var hastened: [String] = []
            var fault: Fault?
        }
        let state = Mutex(State())

        /// Since this was asked last.
        var followed: [String] {
            state.withLock { state -> [String] in
                defer { state.followed = [] }
                return state.followed
            }
        }
        func refuse(_ fault: Fault?) { state.withLock { $0.fault = fault } }

        func follow(_ rules: [EventRule], starting process: String) throws {
            let fault = state.withLock { state -> Fault? in
                if state.fault == nil { state.followed.append("\(process) \(rules.count)") }
                return state.fault
            }
            if let fault { throw fault }
        }

        func hasten(startsOf process: String) { state.withLock { $0.hastened.append(process) } }

        var isHeard: Bool { false }
        func emit(_ event: EventDraft, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) { completion(.success(())) }
        func publish(_ events: [EventDraft], to topic: String, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void) { completion(.success([])) }
        func conditionFault(_ text: String) -> String? { nil }
        func hasTopic(_ name: String) -> Bool { true }
    }

    private let folder = TemporaryDirectory()
    private let topics = Topics()

    private func open() throws -> ExecutionStore {
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: .system, ExecutionStore.Surroundings(events: topics))
        try store.begin(ExecutionStoreTests.Hands { _, _ in nil })
        return store
    }

    private func definition(_ starts: [String]) -> [UInt8] {
        let list = starts.joined(separator: ",")
        return Array(#"{"on":[\#(list)],"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8)
    }

    /// Of subscriptions whose target it was before it was there.
    func test_processThatIsPutFirst_hastensTheEventsThatWaitForIt() throws {
        let store = try open()
        defer { store.stop() }
        func hastened(_ body: () throws -> Void) rethrows -> [String] {
            topics.state.withLock { $0.hastened = [] }
            try body()
            return topics.state.withLock { $0.hastened }
        }
        XCTAssertEqual(try hastened { _ = try store.putProcess("p", definition([])) }, ["p"])
        XCTAssertEqual(try hastened { _ = try store.putProcess("p", definition([])) }, [])
        XCTAssertEqual(try hastened { _ = try store.putProcess("p", definition([#"{"topic":"sales"}"#])) }, [])
        XCTAssertEqual(try hastened { try store.deleteProcess("p") }, [])
        XCTAssertEqual(try hastened { _ = try store.putProcess("p", definition([])) }, ["p"])
    }

    /// Events that wait for it are its subscriptions', and go with them.
    func test_deletionThatIsRefused_leavesItsSubscriptions() throws {
        let store = try open()
        _ = try store.putProcess("p", definition([#"{"topic":"sales"}"#]))
        XCTAssertEqual(topics.followed, ["p 1"])
        store.stop()
        XCTAssertFault(.overloaded, try store.deleteProcess("p"))
        XCTAssertEqual(topics.followed, [])
    }

    func test_deletionThatEndsBetween_isEndedByTheNextStart_orTheSameCall() throws {
        let rule = definition([#"{"topic":"sales"}"#])
        var store = try open()
        for name in ["p", "q", "r"] { _ = try store.putProcess(name, rule) }
        topics.refuse(Fault(.diskFull, "for a test"))
        for name in ["p", "q"] { XCTAssertFault(.diskFull, try store.deleteProcess(name)) }
        topics.refuse(nil)
        _ = topics.followed
        XCTAssertFault(.notFound, try store.deleteProcess("q"))
        XCTAssertEqual(topics.followed, ["q 0"])
        store.stop()
        store = try open()
        defer { store.stop() }
        XCTAssertEqual(topics.followed.sorted(), ["p 0", "q 0", "r 1"])
        _ = try store.putProcess("p", rule)
        XCTAssertEqual(topics.followed, ["p 1"])
    }

    /// They were looked at before, and have changed since: the definition is there, and so the answer is none that says it is not.
    func test_topicsThatRefuseAfterAll_areNoFaultOfTheDefinition() throws {
        let store = try open()
        defer { store.stop() }
        topics.refuse(Fault(.invalidQueue, "a topic has at most 100 subscriptions"))
        XCTAssertFault(.overloaded, try store.putProcess("p", definition([#"{"topic":"sales"}"#])))
        topics.refuse(nil)
        XCTAssertEqual(try store.putProcess("p", definition([#"{"topic":"sales"}"#])), .unchanged)
        XCTAssertEqual(topics.followed, ["p 1"])
    }

    /// What is refused is not there, neither as the first definition nor as the next version.
    func test_startsThatATopicHasNoRoomFor_areRefusedBeforeAnythingIsPut() throws {
        let fixture = try EngineFixture(try folder.made())
        let (store, topics) = (fixture.engine.executions, fixture.engine.topicStore)
        _ = try topics.put(topic: "sales")
        for number in 1..<TopicCore.subscriptionCountMax { _ = try topics.put(Subscription(name: "s\(number)", condition: nil, target: .log("l")), of: "sales") }
        func refused(_ starts: [String]) -> [String] {
            do {
                _ = try store.putProcess("p", definition(starts))
            } catch {
                XCTAssertEqual((error as? Fault)?.code, .invalidProcess, "\(error)")
                return (error as? Fault)?.errors.map(\.pointer) ?? []
            }
            return []
        }
        let many = [#"{"schedule":"0 3 * * *"}"#, #"{"topic":"sales"}"#, #"{"topic":"till"}"#, #"{"topic":"sales","where":"type = 'a'"}"#]
        XCTAssertEqual(refused(many), ["/on/1/topic", "/on/3/topic"])
        XCTAssertFault(.notFound, try store.process("p"))
        // As many as there is room for, the same one twice, and others in their place.
        XCTAssertEqual(refused([many[1], many[1]]), [])
        XCTAssertEqual(refused([many[3]]), [])
        XCTAssertEqual(refused(many), ["/on/1/topic", "/on/3/topic"])
        XCTAssertEqual(try store.process("p").version, 2)
        try fixture.engine.close()
    }
}
