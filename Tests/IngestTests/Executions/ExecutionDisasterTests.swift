import ColumnStore
import Documents
import Foundation
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a disk that is full for a while and clocks that are set lose no execution, enter no state twice and leave nothing standing still. Method: a store whose clocks, disk and executor the test
/// holds; all of it at random, and each promise alone.
final class ExecutionDisasterTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private var path: String { ((try? folder.made()) ?? "") + "/executions.sqlite" }
    private let time = QueueFixture.TestTime(1_800_000_000_000_000)
    private static let second: Int64 = 1_000_000
    private static let hour = 3_600 * second
    private static let day = 24 * hour

    private func open(_ hands: ExecutionStoreTests.Hands) throws -> ExecutionStore {
        let store = try ExecutionStore(path: path, clock: Clock { [time] in time.now }, .init(steady: { [time] in time.steady }, boot: time.boot))
        try store.begin(hands)
        return store
    }

    /// - Parameter then: on the writer's thread, after the commit.
    private func start(
        _ store: ExecutionStore, _ process: String, _ input: String = "{}", name: String? = nil, then: @escaping @Sendable () -> Void = {}
    ) throws -> StartedExecution {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start(process, name: name, input: try ValueLimits.parse(Array(input.utf8)), as: .admin) { outcome in
            then()
            result.signal { $0 = outcome }
        }
        return try result.wait { $0 }.get()
    }

    private func put(_ store: ExecutionStore, _ name: String, _ states: String, _ more: String = "") throws {
        let first = try XCTUnwrap(states.split(separator: "\"").dropFirst().first)
        _ = try store.putProcess(name, Array("{\"StartAt\":\"\(first)\",\"States\":\(states)\(more)}".utf8))
    }

    private func status(_ store: ExecutionStore, _ id: ULID) throws -> Execution.Status { try store.execution(id.description, as: .admin).status }

    /// - Returns: whether it came to that while at most so many seconds passed, one by one.
    private func comes(_ store: ExecutionStore, _ id: ULID, to status: Execution.Status, within seconds: Int) throws -> Bool {
        var passed = 0
        return try Patience.until {
            if try self.status(store, id) == status { return true }
            if passed < seconds {
                passed += 1
                time.pass(Self.second)
                try look(store)
            }
            return false
        }
    }

    /// Two commits: by then what is due has had its turn.
    private func look(_ store: ExecutionStore) throws {
        for seconds in 1...2 { try put(store, "look", #"{"L":{"Type":"Wait","Seconds":\#(seconds),"End":true}}"#) }
    }

    private func findings() throws -> [String] {
        var found: [String] = []
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("BEGIN")
        _ = try ExecutionProof.run(connection) { found.append($0) }
        return found
    }

    // MARK: Damage

    func test_damagedPageOfOneExecution_holdsUpNoOther() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in .succeeded(.null) }
        var store = try open(hands)
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":5,"End":true}}"#)
        // Pages of its own.
        let text = String(repeating: "damage", count: 5_000)
        _ = try start(store, "wait", "{\"text\":\"\(text)\"}")
        let sound = try start(store, "wait").id
        store.stop()
        var bytes = try Data(contentsOf: URL(filePath: path))
        let place = try XCTUnwrap(bytes.range(of: Data(text.utf8.prefix(1_000))))
        bytes[place.lowerBound + 500] ^= 1
        try bytes.write(to: URL(filePath: path))
        store = try open(hands)
        defer { store.stop() }
        XCTAssertTrue(try comes(store, sound, to: .succeeded, within: 60))
    }

    /// The timer that looks at them is the oldest, and comes first each time; those of another are looked at first as that is aborted.
    func test_damagedPageOfChildren_holdsUpNoOther() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in .succeeded(.null) }
        var store = try open(hands)
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":5,"End":true}}"#)
        try put(store, "long", #"{"W":{"Type":"Wait","Seconds":100000,"End":true}}"#)
        let parents = try (0..<2).map { _ in try start(store, "long").id }
        let numbers = try parents.map { try store.execution($0.description, as: .admin).number }
        let sound = try start(store, "wait").id
        store.stop()
        try {
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            for (index, number) in numbers.enumerated() {
                // A few on a page. Their tokens stand in the rows alone, not in an index.
                try connection.execute(
                    """
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
                    INSERT INTO executions(number, id, process, version, name, owner, status, started_at, ended_at, parent, parent_serial, parent_token)
                    SELECT \(index + 1)000000 + i, randomblob(16), 'wait', 1, 'before \(index) ' || i, '', 2, 0, 0, \(number), i, 'token \(index) ' || i || ' ' || hex(zeroblob(500)) FROM n;
                    """)
            }
            try connection.execute("INSERT INTO timers(execution, serial, at) VALUES(\(numbers[0]), \(SelfTimer.abortChildren), 0)")
            try connection.checkpoint(.truncate)
        }()
        var bytes = try Data(contentsOf: URL(filePath: path))
        for index in numbers.indices {
            let place = try XCTUnwrap(bytes.range(of: Data("token \(index) 10 ".utf8))).lowerBound
            // What kind of page it is.
            bytes[place / 4_096 * 4_096] ^= 0xFF
        }
        try bytes.write(to: URL(filePath: path))
        store = try open(hands)
        defer { store.stop() }
        XCTAssertTrue(try comes(store, sound, to: .succeeded, within: 60))
        // Whoever looks first ends the commit that it is in, be that its own; from then on nobody looks. The timer has looked at the first one's.
        try store.abort(parents[0].description, as: .admin)
        XCTAssertThrowsError(try store.abort(parents[1].description, as: .admin))
        XCTAssertEqual(try status(store, parents[1]), .running)
        try store.abort(parents[1].description, as: .admin)
        for parent in parents { XCTAssertEqual(try status(store, parent), .aborted) }
    }

    // MARK: Clocks

    func test_clockSetBack_leavesNothingStanding_butInstantsOfTheCalendar() throws {
        let hands = ExecutionStoreTests.Hands { [time] work, _ in
            switch work.call.state {
            // So many in a row that no more is asked for a while: that ends too.
            case "Later": work.tryCount == 0 ? .later(at: time.now + Self.second, reason: "busy") : .succeeded(.null)
            case "Retried": work.call.attempt == 1 ? .failed(StateError(name: "E", cause: nil)) : .succeeded(.null)
            default: .succeeded(.null)
            }
        }
        let store = try open(hands)
        defer { store.stop() }
        try put(store, "later", #"{"Later":{"Type":"Task","Resource":"till:call:x","End":true}}"#)
        try put(store, "retried", #"{"Retried":{"Type":"Task","Resource":"till:call:y","Retry":[{"ErrorEquals":["E"],"IntervalSeconds":3}],"End":true}}"#)
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":5,"End":true}}"#)
        try put(store, "until", #"{"U":{"Type":"Wait","TimestampPath":"$.at","End":true}}"#)
        // More states than one commit enters.
        try put(store, "long", #"{"M":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ResultPath":null,"End":true}}"#)
        let until = try start(store, "until", #"{"at":"\#(CivilDate.text(microseconds: time.now + 60 * Self.second))"}"#).id
        // One more than an endpoint may fail in a row: it is not asked for a second.
        var ids = try (0..<21).map { _ in try start(store, "later").id }
        for process in ["retried", "wait"] { ids.append(try start(store, process).id) }
        XCTAssertTrue(Patience.until { hands.state.withLock { $0.done.count > 20 } })
        try look(store)
        // Just when its first commit holds.
        ids.append(try start(store, "long", "[\(Array(repeating: "1", count: 600).joined(separator: ","))]") { [time] in time.jump(-5 * Self.hour) }.id)
        for id in ids { XCTAssertTrue(try comes(store, id, to: .succeeded, within: 400), "\(id)") }
        XCTAssertEqual(try status(store, until), .running, "the hour that it waits for has not come")
        time.jump(5 * Self.hour)
        XCTAssertTrue(try comes(store, until, to: .succeeded, within: 70))
        XCTAssertEqual(try findings(), [])
    }

    func test_clockSetForward_endsNothingEarly() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in .awaited(lookAgainAt: nil) }
        var store = try open(hands)
        defer { store.stop() }
        let task = #"{"T":{"Type":"Task","Resource":"till:queue:q","TimeoutSeconds":100,"HeartbeatSeconds":90,"End":true}}"#
        try put(store, "task", task)
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":95,"End":true}}"#)
        try put(store, "whole", #"{"V":{"Type":"Wait","Seconds":1000,"End":true}}"#, #","TimeoutSeconds":97"#)
        try put(store, "until", #"{"U":{"Type":"Wait","TimestampPath":"$.at","End":true}}"#)
        let until = try start(store, "until", #"{"at":"\#(CivilDate.text(microseconds: time.now + Self.day))"}"#).id
        let ids = try ["task", "wait", "whole"].map { try start(store, $0).id }
        time.pass(50 * Self.second)
        time.jump(3 * Self.day)
        XCTAssertTrue(try comes(store, until, to: .succeeded, within: 1))
        for id in ids { XCTAssertEqual(try status(store, id), .running) }
        // What was moved stays so.
        store.stop()
        store = try open(hands)
        time.pass(38 * Self.second)
        try look(store)
        for id in ids { XCTAssertEqual(try status(store, id), .running) }
        for (id, status) in zip(ids, [.failed, .succeeded, .timedOut] as [Execution.Status]) { XCTAssertTrue(try comes(store, id, to: status, within: 12)) }
        XCTAssertEqual(try findings(), [])
    }

    /// The jump is noticed by a commit that does not hold: the next one that does moves timers with it.
    func test_clockSetOnAFullDisk_movesTimersOnceThereIsRoom() throws {
        let disk = FullDisk("executions.sqlite")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let store = try open(ExecutionStoreTests.Hands { _, _ in .awaited(lookAgainAt: nil) })
        defer { store.stop() }
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":5,"End":true}}"#)
        try put(store, "long", #"{"M":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ResultPath":null,"End":true}}"#)
        let id = try start(store, "wait").id
        for jump in [2 * Self.day, -Self.day] {
            disk.isFull = true
            time.jump(jump)
            XCTAssertFault(.diskFull, try start(store, "wait"))
            disk.isFull = false
            // Once this has gone on by itself, so has all that is due.
            let long = try start(store, "long", "[\(Array(repeating: "1", count: 600).joined(separator: ","))]").id
            XCTAssertTrue(try comes(store, long, to: .succeeded, within: 0))
            XCTAssertEqual(try status(store, id), .running)
        }
        XCTAssertTrue(try comes(store, id, to: .succeeded, within: 6))
    }

    func test_clockSetWhileNobodyRuns_movesTimers_andAMachineThatStartsKnowsNothing() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in nil }
        var store = try open(hands)
        defer { store.stop() }
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":5,"End":true}}"#)
        try put(store, "later", #"{"W":{"Type":"Wait","Seconds":4000,"End":true}}"#)
        let (id, other) = (try start(store, "wait").id, try start(store, "later").id)
        for jump in [2 * Self.day, -3 * Self.day] {
            store.stop()
            time.jump(jump)
            store = try open(hands)
            try look(store)
            XCTAssertEqual(try status(store, id), .running, "after a jump of \(jump) µs")
        }
        XCTAssertTrue(try comes(store, id, to: .succeeded, within: 6))
        store.stop()
        time.startMachine()
        time.jump(Self.day)
        store = try open(hands)
        XCTAssertTrue(try comes(store, other, to: .succeeded, within: 0))
    }

    func test_schedules_ofAClockThatWasAhead_goOnAtTheNextTime() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in nil }
        var store = try open(hands)
        defer { store.stop() }
        try put(store, "s", #"{"A":{"Type":"Succeed"}}"#, #","on":[{"schedule":"0 3 * * *","time_zone":"Europe/Kyiv"}]"#)
        func count() throws -> Int { try store.executions(.init(process: "s", limit: 100), as: .admin).executions.count }
        func next() throws -> Int64 { try XCTUnwrap(try store.process("s").nextAt) }
        // Within a run.
        time.jump(5 * Self.day)
        XCTAssertTrue(try Patience.until { try count() == 1 })
        time.jump(-5 * Self.day)
        XCTAssertTrue(try Patience.until { try next() <= self.time.now + Self.day })
        // What was made up for does not start twice, and what comes after it does.
        time.pass(try next() - time.now)
        XCTAssertTrue(try Patience.until { try next() > self.time.now })
        XCTAssertEqual(try count(), 1)
        time.pass(try next() - time.now)
        XCTAssertTrue(try Patience.until { try count() == 2 })
        time.jump(-Self.hour)
        XCTAssertTrue(try Patience.until { try next() <= self.time.now + Self.hour })
        time.pass(2 * Self.hour)
        XCTAssertTrue(try Patience.until { try next() > self.time.now })
        XCTAssertEqual(try count(), 2)
        // Set back while nobody ran.
        time.jump(9 * Self.day)
        XCTAssertTrue(try Patience.until { try count() == 3 })
        store.stop()
        time.jump(-9 * Self.day)
        store = try open(hands)
        XCTAssertTrue(try Patience.until { try next() <= self.time.now + Self.day })
    }

    /// Changes the file while no store has it.
    private func change(_ sql: String) throws { try SQLiteConnection(path: path, mode: .create).execute(sql) }

    private static let nightly = #","on":[{"schedule":"0 3 * * *","time_zone":"Europe/Kyiv"}]"#

    /// It holds up no timer and no other plan, and is made up for by whoever reads it.
    func test_planOfADefinitionThatIsUnreadable_rests_andOthersGoOn() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in nil }
        var store = try open(hands)
        defer { store.stop() }
        for name in ["bad", "good"] { try put(store, name, #"{"A":{"Type":"Succeed"}}"#, Self.nightly) }
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":5,"End":true}}"#)
        func count(_ process: String) throws -> Int { try store.executions(.init(process: process, limit: 100), as: .admin).executions.count }
        store.stop()
        try change("UPDATE definitions SET definition = CAST('[' || CAST(definition AS TEXT) AS BLOB) WHERE process = 'bad'")
        store = try open(hands)
        let id = try start(store, "wait").id
        time.pass(try XCTUnwrap(try store.process("good").nextAt) - time.now)
        XCTAssertTrue(try comes(store, id, to: .succeeded, within: 0))
        XCTAssertTrue(try Patience.until { try count("good") == 1 })
        time.pass(Self.day)
        XCTAssertTrue(try Patience.until { try count("good") == 2 })
        XCTAssertEqual(try count("bad"), 0)
        store.stop()
        try change("UPDATE definitions SET definition = substr(definition, 2) WHERE process = 'bad'")
        store = try open(hands)
        XCTAssertTrue(try Patience.until { try count("bad") == 1 })
        XCTAssertEqual(try count("good"), 2)
        XCTAssertEqual(try findings(), [])
    }

    func test_plannedStart_whoseNameIsAnUnreadableExecutions_isLeftOut() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in nil }
        var store = try open(hands)
        defer { store.stop() }
        try put(store, "s", #"{"A":{"Type":"Succeed"}}"#, Self.nightly)
        try put(store, "wait", #"{"W":{"Type":"Wait","Seconds":5,"End":true}}"#)
        let next = try XCTUnwrap(try store.process("s").nextAt)
        _ = try start(store, "s", name: "schedule 0 \(CivilDate.text(microseconds: next))")
        store.stop()
        try change("UPDATE pieces SET bytes = x'ff' WHERE kind = 1")
        store = try open(hands)
        let id = try start(store, "wait").id
        time.pass(next - time.now)
        XCTAssertTrue(try comes(store, id, to: .succeeded, within: 0))
        XCTAssertTrue(try Patience.until { try XCTUnwrap(try store.process("s").nextAt) > self.time.now })
    }

    /// Its parent cannot be read just as a child ends, be that at once or later: it hears of the end once it can be.
    func test_childThatEnds_whileItsParentIsUnreadable_isHeardOfLater() throws {
        for (number, states) in [#"{"S":{"Type":"Pass","Result":7,"End":true}}"#, #"{"W":{"Type":"Wait","Seconds":5,"Next":"S"},"S":{"Type":"Pass","Result":7,"End":true}}"#].enumerated() {
            let child = "c\(number)"
            func work(_ hands: ExecutionStoreTests.Hands) throws -> (work: TaskWork, end: @Sendable (TaskEnding) -> Void) {
                try XCTUnwrap(Patience.value { hands.state.withLock { $0.held.first } })
            }
            func begin(_ store: ExecutionStore, _ held: (work: TaskWork, end: @Sendable (TaskEnding) -> Void)) throws -> ULID {
                let result = Monitor<Result<StartedExecution, any Error>?>(nil)
                store.startChild(of: held.work, child, as: .admin) { outcome in result.signal { $0 = outcome } }
                let id = try result.wait { $0 }.get().id
                held.end(.awaited(lookAgainAt: nil))
                return id
            }
            var hands = ExecutionStoreTests.Hands { _, _ in nil }
            var store = try open(hands)
            defer { store.stop() }
            try put(store, child, states)
            try put(store, "p", #"{"K":{"Type":"Task","Resource":"till:process:\#(child)","End":true}}"#)
            let parent = try start(store, "p").id
            _ = try work(hands)
            store.stop()
            try change("UPDATE pieces SET kind = 101 WHERE kind = 1 AND execution = (SELECT number FROM executions WHERE process = 'p' AND status = 0)")
            hands = ExecutionStoreTests.Hands { _, _ in nil }
            store = try open(hands)
            let id = try begin(store, try work(hands))
            XCTAssertTrue(try comes(store, id, to: .succeeded, within: 10))
            try look(store)
            store.stop()
            try change("UPDATE pieces SET kind = 1 WHERE kind = 101 AND execution = (SELECT number FROM executions WHERE process = 'p' AND status = 0)")
            hands = ExecutionStoreTests.Hands { _, _ in nil }
            store = try open(hands)
            XCTAssertEqual(try status(store, parent), .running)
            time.pass(60 * Self.second)
            XCTAssertEqual(try begin(store, try work(hands)), id)
            XCTAssertTrue(try comes(store, parent, to: .succeeded, within: 0))
            XCTAssertEqual(try store.execution(parent.description, as: .admin).output, Array("7".utf8))
            XCTAssertEqual(try findings(), [])
        }
    }

    // MARK: Syncs

    func test_failedSync_refusesThoseWhoWaited_too() throws {
        let disk = FullDisk("executions.sqlite")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let store = try open(ExecutionStoreTests.Hands { _, _ in nil })
        defer { store.stop() }
        try put(store, "p", #"{"A":{"Type":"Succeed"}}"#)
        // The writer's thread is held, so that more wait than one commit takes.
        let (isHeld, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        store.start("p", name: nil, input: .null, as: .admin) { _ in
            isHeld.signal()
            goesOn.wait()
        }
        isHeld.wait()
        let count = 600
        let areDone = Monitor<[Bool]>([])
        for _ in 0..<count {
            store.start("p", name: nil, input: .null, as: .admin) { outcome in
                let isDone = (try? outcome.get()) != nil
                areDone.signal { $0.append(isDone) }
            }
        }
        disk.failNextSync()
        goesOn.signal()
        let taken: [Bool] = areDone.wait { $0.count == count ? $0 : nil }
        XCTAssertFalse(taken.contains(true))
        XCTAssertEqual(try store.executions(.init(limit: 10), as: .admin).executions.count, 1)
    }

    // MARK: All at random

    private static let states = """
        {"A":{"Type":"Pass","Next":"T"},
        "T":{"Type":"Task","Resource":"till:call:x","TimeoutSeconds":80000,"HeartbeatSeconds":79000,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":2,"IntervalSeconds":1}],
        "Catch":[{"ErrorEquals":["E"],"ResultPath":null,"Next":"W"}],"ResultPath":null,"Next":"W"},
        "W":{"Type":"Wait","SecondsPath":"$.w","Next":"P"},
        "P":{"Type":"Map","ItemsPath":"$.i","MaxConcurrency":2,"ResultPath":null,"ItemProcessor":{"StartAt":"M","States":{"M":{"Type":"Task","Resource":"till:call:y","End":true}}},"Next":"Z"},
        "Z":{"Type":"Succeed"}}
        """
    private static let expected = ["entered A 1", "entered M 1", "entered M 2", "entered M 3", "entered P 1", "entered T 1", "entered W 1", "entered Z 1"]

    func test_walk_withAFullDisk_setClocks_andRestarts_entersEachStateOnce_andStandsNowhere() throws {
        let disk = FullDisk("executions.sqlite")
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let hands = ExecutionStoreTests.Hands { [time] work, random in
            switch random.next() % 6 {
            case 0: work.call.state == "T" ? .failed(StateError(name: "E", cause: nil)) : .later(at: time.now + Self.second, reason: "again")
            case 1: .later(at: time.now + 2 * Self.second, reason: "again")
            default: .succeeded(.null)
            }
        }
        var random = SplitMix64(state: 0xD15C)
        var store = try open(hands)
        try put(store, "m", Self.states)
        var started: [String: ULID] = [:]
        var refused: Set<String> = []
        var offset: Int64 = 0
        for round in 0..<40 {
            for number in 0..<8 {
                let name = "\(round) \(number)"
                do {
                    started[name] = try start(store, "m", "{\"w\":\(number % 3),\"i\":[1,2,3]}", name: name).id
                } catch let fault as Fault {
                    XCTAssertEqual(fault.code, .diskFull, "\(fault)")
                    XCTAssertTrue(disk.isFull)
                    refused.insert(name)
                }
            }
            usleep(UInt32(random.next() % 20_000))
            time.pass(Int64(random.next() % 3) * Self.second)
            switch random.next() % 5 {
            case 0, 1: disk.isFull = true
            case 2, 3: disk.isFull = false
            default: break
            }
            if random.next() % 3 == 0 {
                // Days ahead, or hours behind, of where it was at first.
                let next = (Int64(random.next() % 96) - 24) * Self.hour
                time.jump(next - offset)
                offset = next
            }
            if random.next() % 3 == 0 {
                store.stop()
                XCTAssertEqual(try findings(), [], "round \(round)")
                store = try open(hands)
            }
        }
        disk.isFull = false
        XCTAssertGreaterThan(disk.refusedCount, 0)
        XCTAssertGreaterThan(refused.count, 0)
        for name in refused.sorted() {
            let again = try start(store, "m", #"{"w":1,"i":[1,2,3]}"#, name: name)
            XCTAssertTrue(again.isNew, "\(name) was refused, and is there")
            started[name] = again.id
        }
        let areEnded = try Patience.until(pauseMilliseconds: 20) {
            time.pass(5 * Self.second)
            return try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty
        }
        if !areEnded { XCTFail("stuck: \(try store.executions(.init(status: .running, limit: 3), as: .admin).executions)") }
        var keys: Set<String> = []
        for (name, id) in started {
            let events = try store.history(id.description, after: 0, limit: 1_000, as: .admin).events.map { try JSONParser.parse($0.json, depthMax: 100) }
            let entered = events.map { "\($0["event"]?.text ?? "") \($0["state"]?.text ?? "") \($0["visit"]?.integer ?? 0)" }.filter { $0.hasPrefix("entered") }
            XCTAssertEqual(entered.sorted(), Self.expected, "\(name) \(id)")
            XCTAssertEqual(try status(store, id), .succeeded)
            keys.formUnion(["T:1", "M:1", "M:2", "M:3"].map { "\(id):\($0)" })
        }
        XCTAssertEqual(Set(hands.state.withLock { $0.done.keys }.map { String($0.split(separator: " ")[0]) }), keys, "each effect under its key, and no other")
        store.stop()
        XCTAssertEqual(try findings(), [])
    }
}
