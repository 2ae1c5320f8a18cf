import ColumnStore
import Documents
import Processes
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Ingest
@testable import Server

/// Goal: a task orders its export once. Method: looks of a task, as the engine has them, over exports that the test takes away.
final class ExportTasksTests: XCTestCase {
    private let engine = FakeEngine()
    private lazy var executors: TaskExecutors = {
        let context = DoorContext(
            store: StoreRoles(engine), queries: QueryEngine(QueryEngine.Settings(threadCount: 1)), further: StoreSchema(), adminKey: TestServer.adminKey,
            limits: DoorLimits(), log: Log(format: .json, level: .error), timers: Timers(clock: ManualClock()))
        return TaskExecutors(context: context, calls: EndpointCaller(RegistrationOptions(), callbackBase: "http://localhost/"))
    }()

    private func look(isAwaited: Bool) throws -> TaskEnding {
        let call = TaskCall(
            token: "t", key: "E:Export:1", resource: Resource(kind: "export"), state: "Export", visit: 1, attempt: 1,
            input: .object(["query": .string("SELECT 1"), "format": .string("csv")]), firstItem: nil, depth: 0)
        let work = TaskWork(
            key: TaskKey(execution: 1, serial: 1), call: call, owner: .administrator, executionID: "E", tryCount: 0, createdAt: CalendarText.now, isRepeat: isAwaited,
            isAwaited: isAwaited)
        let ended = Monitor<TaskEnding?>(nil)
        executors.carryOut(work) { ending in ended.broadcast { $0 = ending } }
        return try XCTUnwrap(ended.wait(seconds: Patience.seconds) { $0 }, "no end came")
    }

    private var count: Int { engine.state.withLock { $0.exports.count } }

    func test_exportThatItsOwnerDeletes_isNotMadeAgain() throws {
        guard case .awaited = try look(isAwaited: false), count == 1 else { return XCTFail("it was not ordered") }
        guard case .awaited = try look(isAwaited: true), count == 1 else { return XCTFail("it is not waited for") }
        engine.state.withLock { $0.exports = [:] }
        guard case .failed(let error) = try look(isAwaited: true) else { return XCTFail("it is waited for still") }
        XCTAssertEqual(error.name, StateError.Name.rejected.rawValue)
        XCTAssertEqual(count, 0)
    }

    /// What cannot be looked for is not known to be absent.
    func test_exportThatCannotBeLookedFor_isLookedForLater() throws {
        engine.state.withLock { $0.exportFault = Fault(.internalError, "the catalog cannot be read") }
        for isAwaited in [false, true] {
            guard case .later = try look(isAwaited: isAwaited) else { return XCTFail("it has ended") }
            XCTAssertEqual(count, 0)
        }
    }
}
