import ColumnStore
import Documents
import Foundation
import Ingest
import Processes
import Synchronization
import TestSupport
import XCTest

/// Goal: executions go on over restarts, each transition once, and wait for as long as they say. Method: a store whose clock and whose executor the test holds,
/// opened and closed at will.
final class ExecutionStoreTests: XCTestCase {
    /// Answers tasks as the test says, at once or when it is asked to.
    final class Hands: TaskExecutor {
        struct State {
            var done: [String: Int] = [:]
            var held: [(work: TaskWork, end: @Sendable (TaskEnding) -> Void)] = []
            var random = SplitMix64(state: 1)
        }
        let state = Mutex(State())
        let choose: @Sendable (TaskWork, inout SplitMix64) -> TaskEnding?

        init(_ choose: @escaping @Sendable (TaskWork, inout SplitMix64) -> TaskEnding?) { self.choose = choose }
        func concurrency(of resource: Resource) -> Int { 64 }
        func carryOut(_ work: TaskWork, end: @escaping @Sendable (TaskEnding) -> Void) {
            let ending = state.withLock { state in
                state.done["\(work.call.key) \(work.call.attempt)", default: 0] += 1
                let ending = choose(work, &state.random)
                if ending == nil { state.held.append((work, end)) }
                return ending
            }
            if let ending { end(ending) }
        }
    }

    private final class Time: Sendable {
        let now = Mutex<Int64>(1_800_000_000_000_000)
        var clock: Clock { Clock { [self] in now.withLock { $0 } } }
        func pass(seconds: Int64) { now.withLock { $0 += seconds * 1_000_000 } }
    }

    private let folder = TemporaryDirectory()
    private var path: String { ((try? folder.made()) ?? "") + "/executions.sqlite" }
    private let time = Time()

    private func open(_ hands: Hands? = nil) throws -> ExecutionStore {
        let store = try ExecutionStore(path: path, clock: time.clock)
        if let hands { try store.begin(hands) }
        return store
    }

    private func start(_ store: ExecutionStore, _ process: String, _ input: String = "{}", name: String? = nil, as principal: Principal = .admin) throws -> StartedExecution {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start(process, name: name, input: try ValueLimits.parse(Array(input.utf8)), as: principal) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get()
    }

    private func answer(_ store: ExecutionStore, _ token: String, _ answer: ExecutionStore.TaskAnswer) throws {
        let result = Monitor<Result<Void, any Error>?>(nil)
        store.answerTask(token, answer) { outcome in result.signal { $0 = outcome } }
        try result.wait { $0 }.get()
    }

    /// - Returns: the execution once it is as wanted.
    private func wait(_ store: ExecutionStore, _ id: ULID, _ status: Execution.Status) throws -> ExecutionView {
        var view = try store.execution(id.description, as: .admin)
        let came = try Patience.until {
            view = try store.execution(id.description, as: .admin)
            return view.status == status
        }
        XCTAssertTrue(came, "\(view)")
        return view
    }

    private func code(_ body: () throws -> Void) -> Fault.Code? {
        do { try body() } catch { return (error as? Fault)?.code }
        return nil
    }

    private func events(_ store: ExecutionStore, _ id: ULID) throws -> [String] {
        try store.history(id.description, after: 0, limit: 10_000, as: .admin).events.map { event in
            let json = try JSONParser.parse(event.json, depthMax: 1_000)
            return "\(json["event"]?.text ?? "") \(json["state"]?.text ?? "") \(json["visit"]?.integer ?? 0)"
        }
    }

    private func findings() throws -> [String] {
        var found: [String] = []
        _ = try ExecutionFile.prove(path) { found.append($0) }
        return found
    }

    // MARK: Definitions

    /// What runs writes as well as what starts: the room that receipts are kept for is left alone by both, and all goes on once there is more.
    func test_littleRoom_standsStill_andGoesOn() throws {
        func open(minFreeBytes: Int64, _ hands: Hands) throws -> ExecutionStore {
            let store = try ExecutionStore(path: path, clock: time.clock, .init(minFreeBytes: minFreeBytes))
            try store.begin(hands)
            return store
        }
        let hands = Hands { _, _ in .awaited(lookAgainAt: nil) }
        var store = try open(minFreeBytes: 0, hands)
        let task = #"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:queue:q","End":true}}}"#
        let wait = #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"A"},"A":{"Type":"Task","Resource":"till:queue:q","End":true}}}"#
        for (name, text) in [("task", task), ("wait", wait)] { _ = try store.putProcess(name, Array(text.utf8)) }
        let (tasked, waiting) = (try start(store, "task"), try start(store, "wait"))
        let aborted = try start(store, "wait")
        try store.abort(aborted.id.description, as: .admin)
        store.stop()

        time.pass(seconds: 3_600)
        let idle = Hands { _, _ in .awaited(lookAgainAt: nil) }
        let token = try XCTUnwrap(try ExecutionFile.tokens(path).first { $0.hasPrefix(tasked.id.description) })
        store = try open(minFreeBytes: .max, idle)
        // By then timers that are due have had their turn.
        _ = try store.putProcess("another", Array(task.utf8))
        _ = try store.putProcess("another", Array(wait.utf8))
        XCTAssertEqual(try store.history(waiting.id.description, after: 0, limit: 100, as: .admin).events.count, 1, "its Wait was entered, and has not ended")
        func refused(_ body: () throws -> Void) { XCTAssertThrowsError(try body()) { XCTAssertEqual(($0 as? Fault)?.code, .diskFull, "\($0)") } }
        refused { _ = try start(store, "task") }
        refused { try answer(store, token, .success(.null)) }
        refused { try store.redrive(aborted.id.description, as: .admin) }
        try answer(store, token, .heartbeat)
        XCTAssertEqual(try store.execution(tasked.id.description, as: .admin).status, .running)
        XCTAssertEqual(idle.state.withLock { $0.done }, [:], "whose answers there were no room for")
        store.stop()

        // A task that was not handed out before the first stop is handed out now; this one's answer is to come from outside.
        let working = Hands { work, _ in work.call.token.hasPrefix(tasked.id.description) ? .awaited(lookAgainAt: nil) : .succeeded(.integer(1)) }
        store = try open(minFreeBytes: 0, working)
        try answer(store, token, .success(.integer(2)))
        XCTAssertTrue(try Patience.until { try store.execution(waiting.id.description, as: .admin).status == .succeeded })
        XCTAssertEqual(try store.execution(tasked.id.description, as: .admin).status, .succeeded)
        store.stop()
    }

    /// Nobody will answer them; whoever deletes it again, for want of an answer, has them told again.
    func test_tasksThatWait_areCarriedOutAgain_whereTheirQueueIsDeleted() throws {
        let fixture = try EngineFixture(try folder.made())
        let (store, queues) = (fixture.engine.executions, fixture.engine.queues)
        try store.begin(Hands { work, _ in work.isAwaited ? .failed(StateError(name: "Till.Rejected", cause: "there is no such queue")) : .awaited(lookAgainAt: nil) })
        var started: [String: ULID] = [:]
        for queue in ["gone", "kept"] {
            _ = try queues.put(queue: queue, QueueSettings())
            _ = try store.putProcess(queue, Array(#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"till:queue:\#(queue)","End":true}}}"#.utf8))
            started[queue] = try start(store, queue).id
        }
        let (gone, kept) = (try XCTUnwrap(started["gone"]), try XCTUnwrap(started["kept"]))
        try queues.delete(queue: "gone")
        // The task may not have been handed on by then.
        XCTAssertTrue(try Patience.until {
            XCTAssertEqual(code { try queues.delete(queue: "gone") }, .notFound)
            return try store.execution(gone.description, as: .admin).status == .failed
        })
        XCTAssertEqual(try store.execution(kept.description, as: .admin).status, .running)
        try fixture.engine.close()
    }

    func test_definitions_haveVersions_andRunningExecutionsKeepTheirs() throws {
        let hands = Hands { _, _ in nil }
        let store = try open(hands)
        defer { store.stop() }
        XCTAssertEqual(code { _ = try store.process("p") }, .notFound)
        XCTAssertEqual(code { _ = try start(store, "p") }, .notFound)
        let first = #"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":10,"Next":"B"},"B":{"Type":"Pass","Result":1,"End":true}}}"#
        XCTAssertEqual(try store.putProcess("p", Array(first.utf8)), .created)
        XCTAssertEqual(try store.putProcess("p", Array(first.utf8)), .unchanged)
        let running = try start(store, "p")
        XCTAssertEqual(try store.putProcess("p", Array(#"{"StartAt":"B","States":{"B":{"Type":"Pass","Result":2,"End":true}}}"#.utf8)), .changed)
        XCTAssertEqual(try store.process("p").version, 2)
        XCTAssertEqual(try wait(store, try start(store, "p").id, .succeeded).output, Array("2".utf8))
        try store.deleteProcess("p")
        XCTAssertEqual(code { _ = try start(store, "p") }, .notFound)
        time.pass(seconds: 10)
        let ended = try wait(store, running.id, .succeeded)
        XCTAssertEqual(ended.output, Array("1".utf8))
        XCTAssertEqual(ended.processVersion, 1)
        XCTAssertEqual(try store.putProcess("p", Array(first.utf8)), .created)
        XCTAssertEqual(try store.process("p").version, 3)
        do { _ = try store.putProcess("bad", Array(#"{"StartAt":"X","States":{"A":{"Type":"Pass"}}}"#.utf8)) } catch let fault as Fault {
            XCTAssertEqual(fault.code, .invalidProcess)
            XCTAssertEqual(fault.errors.map(\.pointer), ["/StartAt", "/States/A/Next"])
        }
    }

    func test_names_areOneExecution_ofTheirOwner() throws {
        let store = try open()
        defer { store.stop() }
        _ = try store.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8))
        let one = try start(store, "p", #"{"a":1,"b":[2]}"#, name: "n")
        let again = try start(store, "p", #"{"b":[2.0],"a":1e0}"#, name: "n")
        XCTAssertTrue(one.isNew && !again.isNew)
        XCTAssertEqual(one.id, again.id)
        XCTAssertEqual(code { _ = try start(store, "p", #"{"a":1}"#, name: "n") }, .alreadyExists)
        let client = Principal(clientID: "c", access: .readWrite, scope: .own, uses: .init(processes: .some(["p"])))
        let other = try start(store, "p", "{}", name: "n", as: client)
        XCTAssertNotEqual(other.id, one.id)
        XCTAssertEqual(code { _ = try store.execution(one.id.description, as: client) }, .notFound)
        XCTAssertEqual(code { try store.abort(one.id.description, as: client) }, .notFound)
        XCTAssertEqual(try store.executions(.init(limit: 10), as: client).executions.map(\.id), [other.id])
        XCTAssertEqual(try store.executions(.init(limit: 10), as: .admin).executions.map(\.id), [other.id, one.id])
        XCTAssertEqual(try store.executions(.init(limit: 10), as: .nobody).executions.count, 0)
        let stranger = Principal(clientID: "d", access: .readWrite, scope: .all)
        XCTAssertEqual(code { _ = try start(store, "p", as: stranger) }, .notFound)
        XCTAssertEqual(try store.executions(.init(limit: 10), as: stranger).executions.count, 0)
    }

    /// Whoever had no answer asks again, whatever became of the process meanwhile.
    func test_names_stayKnown_onceTheirProcessIsDeleted() throws {
        let store = try open()
        defer { store.stop() }
        _ = try store.putProcess("p", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#.utf8))
        let one = try start(store, "p", #"{"a":1}"#, name: "n")
        try store.deleteProcess("p")
        let again = try start(store, "p", #"{"a":1}"#, name: "n")
        XCTAssertFalse(again.isNew)
        XCTAssertEqual(again.id, one.id)
        XCTAssertEqual(code { _ = try start(store, "p", #"{"a":2}"#, name: "n") }, .alreadyExists)
        for name in ["other", nil] { XCTAssertEqual(code { _ = try start(store, "p", #"{"a":1}"#, name: name) }, .notFound) }
    }

    // MARK: Time

    func test_waits_ofAYear_surviveRestartsAndJumpsOfTheClock() throws {
        let hands = Hands { _, _ in nil }
        var store = try open(hands)
        _ = try store.putProcess("w", Array(#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":31536000,"End":true}}}"#.utf8))
        let started = try (0..<300).map { _ in try start(store, "w").id }
        store.stop()
        time.pass(seconds: 31_535_999)
        store = try open(hands)
        usleep(400_000)
        XCTAssertEqual(try store.executions(.init(status: .running, limit: 1_000), as: .admin).executions.count, 300)
        // Back, and then forward at once.
        time.pass(seconds: -86_400)
        usleep(300_000)
        time.pass(seconds: 86_401)
        for id in started { _ = try wait(store, id, .succeeded) }
        XCTAssertEqual(store.figures.running.load(ordering: .relaxed), 0)
        store.stop()
        XCTAssertEqual(try findings(), [])
    }

    /// An endpoint's `expires` goes by the age of a task, which is no other than what has passed.
    func test_ageOfATask_isWhatHasPassed_whateverIsDoneToTheClock() throws {
        let time = QueueFixture.TestTime(1_800_000_000_000_000)
        let hands = Hands { _, _ in nil }
        let store = try ExecutionStore(path: path, clock: Clock { time.now }, .init(steady: { time.steady }, boot: time.boot))
        try store.begin(hands)
        defer { store.stop() }
        func asked() throws -> (work: TaskWork, end: @Sendable (TaskEnding) -> Void) {
            try XCTUnwrap(Patience.value { hands.state.withLock { $0.held.popLast() } })
        }
        _ = try store.putProcess("t", Array(#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:call:x","End":true}}}"#.utf8))
        _ = try start(store, "t")
        let first = try asked()
        XCTAssertEqual(first.work.createdAt, time.now)
        XCTAssertFalse(first.work.isRepeat)
        time.pass(3_000_000)
        time.jump(4 * 86_400_000_000)
        first.end(.later(at: time.now, reason: "not now"))
        let second = try asked()
        XCTAssertEqual(time.now - second.work.createdAt, 3_000_000)
        XCTAssertTrue(second.work.isRepeat)
        time.jump(-8 * 86_400_000_000)
        second.end(.later(at: time.now, reason: "not now"))
        XCTAssertEqual(time.now - (try asked()).work.createdAt, 3_000_000)
    }

    func test_schedules_startOnceForEachTime_andMakeUpForOneThatWasMissed() throws {
        let hands = Hands { _, _ in nil }
        var store = try open(hands)
        _ = try store.putProcess(
            "s", Array(#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}},"on":[{"schedule":"0 3 * * *","time_zone":"Europe/Kyiv"}]}"#.utf8))
        let next = try XCTUnwrap(try store.process("s").nextAt)
        XCTAssertGreaterThan(next, time.now.withLock { $0 })
        store.stop()
        time.now.withLock { $0 = next + 5 * 86_400_000_000 }
        store = try open(hands)
        try Patience.until { try !store.executions(.init(limit: 10), as: .admin).executions.isEmpty }
        usleep(300_000)
        let found = try store.executions(.init(limit: 10), as: .admin).executions
        XCTAssertEqual(found.count, 1)
        XCTAssertEqual(try JSONParser.parse(try XCTUnwrap(found.first).input)["type"]?.text, "schedule")
        XCTAssertGreaterThan(try XCTUnwrap(try store.process("s").nextAt), time.now.withLock { $0 })
        store.stop()
    }

    // MARK: Tasks

    func test_tokens_answerOnce_andStrangersNever() throws {
        let hands = Hands { _, _ in .awaited(lookAgainAt: nil) }
        let store = try open(hands)
        defer { store.stop() }
        _ = try store.putProcess("t", Array(#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:call:x","HeartbeatSeconds":60,"End":true}}}"#.utf8))
        let one = try start(store, "t").id
        let other = try start(store, "t").id
        Patience.until { hands.state.withLock { $0.done.count >= 2 } }
        func token(_ id: ULID) throws -> String {
            try XCTUnwrap(try ExecutionFile.tokens(path).first { $0.hasPrefix(id.description) })
        }
        let (mine, theirs) = (try token(one), try token(other))
        XCTAssertEqual(code { try answer(store, mine + "0", .success(.null)) }, .notFound)
        XCTAssertEqual(code { try answer(store, mine.replacing(one.description, with: other.description), .success(.null)) }, .notFound)
        XCTAssertEqual(code { try answer(store, "", .heartbeat) }, .notFound)
        time.pass(seconds: 50)
        try answer(store, mine, .heartbeat)
        time.pass(seconds: 50)
        XCTAssertEqual(try wait(store, other, .failed).error?.name, "States.HeartbeatTimeout")
        XCTAssertEqual(code { try answer(store, theirs, .success(.null)) }, .taskEnded)
        try answer(store, mine, .success(.integer(7)))
        XCTAssertEqual(try wait(store, one, .succeeded).output, Array("7".utf8))
        XCTAssertEqual(code { try answer(store, mine, .failure(StateError(name: "E", cause: nil))) }, .taskEnded)
        XCTAssertEqual(code { try answer(store, mine, .heartbeat) }, .taskEnded)
    }

    func test_children_tellTheirParents_andEndWithThem() throws {
        let hands = Hands { work, _ in
            if work.call.resource.kind == Resource.childKind { return nil }
            return .awaited(lookAgainAt: nil)
        }
        let store = try open(hands)
        defer { store.stop() }
        func begin() throws {
            Patience.until { hands.state.withLock { !$0.held.isEmpty } }
            let held = hands.state.withLock { state -> [(work: TaskWork, end: @Sendable (TaskEnding) -> Void)] in
                defer { state.held = [] }
                return state.held
            }
            for (work, end) in held {
                guard work.call.resource.kind == Resource.childKind, let name = work.call.resource.name else { continue }
                store.startChild(of: work, name, as: .admin) { _ in }
                // Twice is once.
                store.startChild(of: work, name, as: .admin) { _ in end(.awaited(lookAgainAt: nil)) }
            }
        }
        _ = try store.putProcess("c", Array(#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:call:x","End":true}}}"#.utf8))
        _ = try store.putProcess(
            "p", Array(#"{"StartAt":"K","States":{"K":{"Type":"Task","Resource":"till:process:c","Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":1}],"End":true}}}"#.utf8))
        let parent = try start(store, "p", #"{"a":1}"#).id
        try begin()
        func children() throws -> [ExecutionView] { try store.executions(.init(process: "c", limit: 10), as: .admin).executions }
        try Patience.until { try !children().isEmpty }
        XCTAssertEqual(try children().count, 1)
        func token() throws -> String { try XCTUnwrap(try ExecutionFile.tokens(path).first { $0.hasPrefix(try children()[0].id.description) }) }
        try answer(store, try token(), .failure(StateError(name: "Again", cause: "no")))
        // When it is tried again is set once the failure has come there: until then the clock goes on.
        Patience.until {
            time.pass(seconds: 2)
            return hands.state.withLock { !$0.held.isEmpty }
        }
        try begin()
        try Patience.until { try children().count >= 2 }
        try answer(store, try token(), .success(.string("done")))
        XCTAssertEqual(try wait(store, parent, .succeeded).output, Array(#""done""#.utf8))
        let second = try start(store, "p").id
        try begin()
        try Patience.until { try children().count >= 3 }
        try store.abort(second.description, as: .admin)
        _ = try wait(store, try children()[0].id, .aborted)
        XCTAssertEqual(code { try store.abort(second.description, as: .admin) }, .wrongState)
        XCTAssertEqual(try findings(), [])
    }

    /// A Map goes on where its last page said, and no row of that is left behind.
    func test_placeOfAPageOfItems_isTold_alsoAfterARestart() throws {
        let place = try ValueLimits.parse(Array(#"{"at":2}"#.utf8))
        var store = try open(Hands { work, _ in
            guard work.call.firstItem == 0 else { return nil }
            return .succeeded(.object(["items": .array([.integer(1), .integer(2)]), "last": .boolean(false), "place": place]))
        })
        let item = #"{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}"#
        _ = try store.putProcess(
            "m", Array(#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"till:sql","Parameters":{"query":"q"}},"ItemProcessor":\#(item),"End":true}}}"#.utf8))
        let id = try start(store, "m").id
        XCTAssertTrue(try Patience.until { try ExecutionFile.count("places", path) == 1 })
        store.stop()
        store = try open(Hands { work, _ in
            guard work.call.firstItem == 2, work.call.place == place else { return .failed(StateError(name: "Elsewhere", cause: nil)) }
            return .succeeded(.object(["items": .array([.integer(3)]), "last": .boolean(true)]))
        })
        defer { store.stop() }
        XCTAssertEqual(try wait(store, id, .succeeded).output, Array("[1,2,3]".utf8))
        XCTAssertEqual(try ExecutionFile.count("places", path), 0)
    }

    /// Timers of executions with much data fire over several commits: who comes between is answered between.
    func test_timers_ofMuchData_fireOverSeveralCommits() throws {
        let store = try open(Hands { _, _ in .succeeded(.null) })
        defer { store.stop() }
        _ = try store.putProcess("w", Array(#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"S"},"S":{"Type":"Succeed"}}}"#.utf8))
        _ = try store.putProcess("p", Array(#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#.utf8))
        let much = "\"" + String(repeating: "x", count: 500_000) + "\""
        for _ in 0..<12 { _ = try start(store, "w", much) }
        // The writer's thread is held, so that the timers are due and the second call waits when it goes on.
        let goesOn = DispatchSemaphore(value: 0)
        store.start("p", name: nil, input: .null, as: .admin) { _ in goesOn.wait() }
        time.pass(seconds: 2)
        let running = Monitor<Double?>(nil)
        store.start("p", name: nil, input: .null, as: .admin) { _ in
            let count = store.metrics().first { $0.name == "executions_running" }?.value ?? -1
            running.signal { $0 = count }
        }
        goesOn.signal()
        XCTAssertGreaterThan(running.wait { $0 }, 6)
        XCTAssertTrue(Patience.until { store.metrics().first { $0.name == "executions_running" }?.value == 0 })
    }

    /// A tree that grows is ended at its root: nothing more begins below, though those between do not know yet.
    func test_children_ofWhatHasEndedAbove_areNotStarted() throws {
        let hands = Hands { _, _ in nil }
        let store = try open(hands)
        defer { store.stop() }
        for (name, child) in [("a", "b"), ("b", "c"), ("c", "c")] {
            _ = try store.putProcess(name, Array(#"{"StartAt":"K","States":{"K":{"Type":"Task","Resource":"till:process:\#(child)","End":true}}}"#.utf8))
        }
        func held(_ process: String) throws -> TaskWork {
            try XCTUnwrap(Patience.value { hands.state.withLock { $0.held.map(\.work).first { $0.call.resource == .process(process) } } })
        }
        func begin(_ work: TaskWork, as principal: Principal = .admin) -> Fault.Code? {
            guard work.call.resource.kind == Resource.childKind, let name = work.call.resource.name else { return nil }
            let result = Monitor<Result<StartedExecution, any Error>?>(nil)
            store.startChild(of: work, name, as: principal) { outcome in result.signal { $0 = outcome } }
            return code { _ = try result.wait { $0 }.get() }
        }
        let root = try start(store, "a").id
        XCTAssertNil(begin(try held("b")))
        let work = try held("c")
        // Whoever may not start it has no child of it either.
        XCTAssertEqual(begin(work, as: .nobody), .notFound)
        try store.abort(root.description, as: .admin)
        XCTAssertEqual(begin(work), .overloaded)
        XCTAssertEqual(try store.executions(.init(process: "c", limit: 10), as: .admin).executions.count, 0)
        _ = try wait(store, try store.executions(.init(process: "b", limit: 10), as: .admin).executions[0].id, .aborted)
    }

    /// A state's time is over, or its Catch has it, while the start of its child waits for its turn: nobody would hear of that child, nor end it.
    func test_children_ofTasksThatAreNotWantedAnyMore_areNotStarted() throws {
        let hands = Hands { _, _ in nil }
        let store = try open(hands)
        defer { store.stop() }
        _ = try store.putProcess("c", Array(#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#.utf8))
        _ = try store.putProcess(
            "a",
            Array(#"{"StartAt":"K","States":{"K":{"Type":"Task","Resource":"till:process:c","TimeoutSeconds":1,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"W"}],"End":true},"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#.utf8))
        _ = try start(store, "a")
        let work = try XCTUnwrap(Patience.value { hands.state.withLock { $0.held.map(\.work).first } })
        time.pass(seconds: 2)
        XCTAssertTrue(try Patience.until { try ExecutionFile.count("tasks", path) == 0 })
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.startChild(of: work, "c", as: .admin) { outcome in result.signal { $0 = outcome } }
        XCTAssertEqual(code { _ = try result.wait { $0 }.get() }, .taskEnded)
        XCTAssertEqual(try store.executions(.init(process: "c", limit: 10), as: .admin).executions.count, 0)
    }

    /// A client may have given the name before: the end of that execution would be told to nobody. What the task itself has started it finds, however often it asks.
    func test_child_whoseNameSomebodyElseHasGiven_isRefused() throws {
        let hands = Hands { _, _ in nil }
        let store = try open(hands)
        defer { store.stop() }
        _ = try store.putProcess("c", Array(#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}}"#.utf8))
        _ = try store.putProcess("a", Array(#"{"StartAt":"K","States":{"K":{"Type":"Task","Resource":"till:process:c","End":true}}}"#.utf8))
        func child(of parent: ULID) throws -> StartedExecution {
            let work = try XCTUnwrap(Patience.value { hands.state.withLock { $0.held.map(\.work).first { $0.executionID == parent.description } } })
            let result = Monitor<Result<StartedExecution, any Error>?>(nil)
            store.startChild(of: work, "c", as: .admin) { outcome in result.signal { $0 = outcome } }
            return try result.wait { $0 }.get()
        }
        let (first, second) = (try start(store, "a").id, try start(store, "a").id)
        XCTAssertTrue(try start(store, "c", name: "\(first):K:1").isNew)
        XCTAssertEqual(code { _ = try child(of: first) }, .alreadyExists)
        let own = try child(of: second)
        XCTAssertTrue(own.isNew)
        XCTAssertEqual(try child(of: second).id, own.id)
    }

    func test_redrive_runsAgainWhatFailedAlone() throws {
        let hands = Hands { work, _ in
            work.call.state == "Bad" && work.call.visit == 1 ? .failed(StateError(name: "E", cause: "c")) : .succeeded(.string(work.call.key))
        }
        let store = try open(hands)
        defer { store.stop() }
        _ = try store.putProcess(
            "p",
            Array(
                #"{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"Good","States":{"Good":{"Type":"Task","Resource":"till:call:x","End":true}}},{"StartAt":"First","States":{"First":{"Type":"Wait","Seconds":1,"Next":"Bad"},"Bad":{"Type":"Task","Resource":"till:call:x","End":true}}}],"End":true}}}"#.utf8))
        let id = try start(store, "p").id
        Patience.until { hands.state.withLock { !$0.done.isEmpty } }
        usleep(50_000)
        XCTAssertEqual(code { try store.redrive(id.description, as: .admin) }, .wrongState)
        time.pass(seconds: 1)
        XCTAssertEqual(try wait(store, id, .failed).error?.name, "E")
        XCTAssertEqual(try findings(), [])
        try store.redrive(id.description, as: .admin)
        let ended = try wait(store, id, .succeeded)
        XCTAssertEqual(try JSONParser.parse(try XCTUnwrap(ended.output)).array?.map { $0.text ?? "" }, ["\(id):Good:1", "\(id):Bad:2"])
        XCTAssertEqual(code { try store.redrive(id.description, as: .admin) }, .wrongState)
        XCTAssertEqual(Set(hands.state.withLock { $0.done }.values), [1])
    }

    // MARK: Restarts

    private static let machine = """
        {"StartAt":"A","States":{"A":{"Type":"Pass","Next":"T"},
        "T":{"Type":"Task","Resource":"till:call:x","Retry":[{"ErrorEquals":["E"],"MaxAttempts":2,"IntervalSeconds":1}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":null,"Next":"W"}],"ResultPath":null,"Next":"W"},
        "W":{"Type":"Wait","SecondsPath":"$.w","Next":"P"},
        "P":{"Type":"Map","ItemsPath":"$.i","MaxConcurrency":2,"ResultPath":null,"ItemProcessor":{"StartAt":"M","States":{"M":{"Type":"Task","Resource":"till:call:y","End":true}}},"Next":"Z"},"Z":{"Type":"Succeed"}}}
        """

    /// What the model says: the states of an execution, each visit once, in any order of its iterations.
    private static let expected = ["entered A 1", "entered M 1", "entered M 2", "entered M 3", "entered P 1", "entered T 1", "entered W 1", "entered Z 1"]

    func test_randomEndings_withRestarts_leaveEachStateEnteredOnce() throws {
        let hands = Hands { work, random in
            switch random.next() % 8 {
            case 0: work.call.state == "T" ? .failed(StateError(name: "E", cause: nil)) : .later(at: 0, reason: "again")
            case 1: .later(at: 0, reason: "again")
            // Under way when the store stops.
            case 2: .abandoned
            default: .succeeded(.null)
            }
        }
        var random = SplitMix64(state: 20)
        var store = try open(hands)
        _ = try store.putProcess("m", Array(Self.machine.utf8))
        var ids: [ULID] = []
        for round in 0..<12 {
            for number in 0..<20 { ids.append(try start(store, "m", "{\"w\":\(number % 3),\"i\":[1,2,3]}", name: "\(round) \(number)").id) }
            usleep(UInt32(random.next() % 60_000))
            time.pass(seconds: Int64(random.next() % 3))
            store.stop()
            XCTAssertEqual(try findings(), [], "round \(round)")
            store = try open(hands)
        }
        try Patience.until(pauseMilliseconds: 50) {
            time.pass(seconds: 5)
            if try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty { return true }
            // Tasks that were dropped are taken up by the next start.
            store.stop()
            store = try open(hands)
            return false
        }
        for id in ids {
            let found = try events(store, id).filter { $0.hasPrefix("entered") }.sorted()
            XCTAssertEqual(found, Self.expected, "\(id)")
            XCTAssertEqual(try store.execution(id.description, as: .admin).status, .succeeded)
        }
        store.stop()
        XCTAssertEqual(try findings(), [])
    }

    func test_anExecutionThatCannotBeRead_standsStill_andOthersGoOn() throws {
        let hands = Hands { _, _ in nil }
        var store = try open(hands)
        _ = try store.putProcess("w", Array(#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}"#.utf8))
        let (bad, good) = (try start(store, "w").id, try start(store, "w").id)
        store.stop()
        try ExecutionFile.spoil(path)
        XCTAssertEqual(try findings().count, 1)
        store = try open(hands)
        time.pass(seconds: 5)
        _ = try wait(store, good, .succeeded)
        XCTAssertEqual(code { try store.abort(bad.description, as: .admin) }, .internalError)
        store.stop()
    }
}

/// The file, read past the store.
private enum ExecutionFile {
    static func prove(_ path: String, _ note: (String) -> Void) throws -> Int {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("BEGIN")
        return try ExecutionProof.run(connection, note)
    }

    static func count(_ table: String, _ path: String) throws -> Int64 {
        try SQLiteConnection(path: path, mode: .readOnly).integer("SELECT count(*) FROM \(table)") ?? 0
    }

    static func tokens(_ path: String) throws -> [String] {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        let select = try connection.statement("SELECT token FROM tasks")
        var tokens: [String] = []
        while try select.step() { tokens.append(select.text(0)) }
        return tokens
    }

    /// Makes the head of the first execution's frame one of nothing.
    static func spoil(_ path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        try connection.execute("UPDATE pieces SET bytes = x'FF' WHERE execution = 1 AND kind = 2")
    }
}
