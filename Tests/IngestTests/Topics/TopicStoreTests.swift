import ColumnStore
import Documents
import Foundation
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: an event that could not be delivered is delivered later, whatever somebody does to the clock, and whatever becomes of the answer. Method: a store whose clocks the test holds, and a process in place of
/// whoever is called.
final class TopicStoreTests: XCTestCase {
    private final class Starter: ProcessStarting {
        typealias Completion = @Sendable (Result<Void, Fault>) -> Void
        struct State {
            var callCount = 0
            var held: [Completion] = []
            /// Ids of the events.
            var ids: [String] = []
            /// What executions are to be called.
            var names: [String] = []
        }
        let state = Mutex(State())
        /// nil: the answer is held back.
        let answer: @Sendable (_ call: Int) -> Result<Void, Fault>?

        init(_ answer: @escaping @Sendable (Int) -> Result<Void, Fault>?) { self.answer = answer }
        var callCount: Int { state.withLock { $0.callCount } }

        func start(_ process: String, name: String, input: [UInt8], as identity: Identity, completion: @escaping Completion) {
            let call = state.withLock { state in
                state.callCount += 1
                state.names.append(name)
                if let id = (try? JSONParser.parse(input, depthMax: 10))?["id"]?.text { state.ids.append(id) }
                return state.callCount
            }
            if let answer = answer(call) { completion(answer) } else { state.withLock { $0.held.append(completion) } }
        }
    }

    private let folder = TemporaryDirectory()
    private let time = QueueFixture.TestTime(1_800_000_000_000_000)
    private static let second: Int64 = 1_000_000

    private func withStore(_ starter: Starter, opens: Bool = false, _ body: (QueueStore, TopicStore) throws -> Void) throws {
        try withCore(starter, opens: opens) { queues, topics, _ in try body(queues, topics) }
    }

    /// - Parameters:
    ///   - opens: the file that was there before.
    ///   - body: the core is touched within operations alone.
    private func withCore(_ starter: Starter, opens: Bool = false, _ body: (QueueStore, TopicStore, TopicCore) throws -> Void) throws {
        try TopicFixture.with(try folder.made(), time, starter: starter, opens: opens, body)
    }

    private func event(_ id: String) -> EventDraft { EventDraft(id: id, origin: .administrator, type: "sale", subject: "R-1", time: time.now, data: Array("{}".utf8)) }

    private func publish(_ topics: TopicStore, _ id: String) throws {
        let event = event(id)
        _ = try QueueFixture.wait { topics.publish([event], to: "sales", as: .admin, completion: $0) }
    }

    func test_clockSet_eventsThatWerePutOff_comeAsSoonAsTheyWereTo_andAreGivenUpNoEarlier() throws {
        let starter = Starter { call in call < 5 ? .failure(Fault(.overloaded, "busy")) : .success(()) }
        try withStore(starter) { _, topics in
            try publish(topics, "1")
            for jump in [-5 * 3_600, 4 * 86_400, -4 * 86_400] as [Int64] {
                let before = starter.callCount
                XCTAssertTrue(try Patience.until { try topics.subscription("s", of: "sales").pending == 1 && starter.callCount >= before })
                time.jump(jump * Self.second)
                var passed = 0
                let came = try Patience.until {
                    passed += 1
                    if passed <= 20 { time.pass(Self.second) }
                    _ = try topics.subscription("s", of: "sales")
                    return starter.callCount > before
                }
                XCTAssertTrue(came, "after a jump of \(jump) s")
            }
            XCTAssertTrue(
                try Patience.until {
                    time.pass(Self.second)
                    return try topics.subscription("s", of: "sales").pending == 0
                })
            XCTAssertEqual(try topics.subscription("s", of: "sales").dead, 0)
        }
    }

    /// An id that comes again after a day is another event, and starts an execution of its own; what is tried again is the first one still.
    func test_idThatComesAgainAfterADay_startsAnotherExecution() throws {
        let starter = Starter { call in call == 1 ? .failure(Fault(.overloaded, "busy")) : .success(()) }
        try withStore(starter) { _, topics in
            func publishAndWait() throws {
                try publish(topics, "1")
                XCTAssertTrue(
                    try Patience.until {
                        time.pass(Self.second)
                        return try topics.subscription("s", of: "sales").pending == 0
                    })
            }
            try publishAndWait()
            time.pass(2 * 86_400 * Self.second)
            try publishAndWait()
            let names = starter.state.withLock { $0.names }
            XCTAssertEqual(names.count, 3)
            XCTAssertEqual(names[0], names[1])
            XCTAssertNotEqual(names[1], names[2])
        }
    }

    /// Of a clock that was ahead nothing stays, and one that is set forward makes no event of a repeat.
    func test_ids_areKnownForADay_whateverIsDoneToTheClock() throws {
        let starter = Starter { _ in .success(()) }
        try withStore(starter) { _, topics in
            func countAfter(_ id: String) throws -> Int {
                try publish(topics, id)
                XCTAssertTrue(try Patience.until { try topics.subscription("s", of: "sales").pending == 0 })
                return starter.callCount
            }
            let day = Clock.microsecondsPerDay
            time.jump(365 * day)
            XCTAssertEqual(try countAfter("1"), 1)
            time.jump(-365 * day)
            time.pass(2 * day)
            XCTAssertEqual(try countAfter("1"), 2)
            time.jump(2 * day)
            XCTAssertEqual(try countAfter("1"), 2)
            time.pass(day)
            XCTAssertEqual(try countAfter("1"), 3)
        }
    }

    /// An answer that there was no room for is no answer: the event is delivered again, and those behind it are not held back for good.
    func test_answerThatCannotBeHandedIn_isAskedForAgain() throws {
        let starter = Starter { call in call == 1 ? nil : .success(()) }
        try withStore(starter) { queues, topics in
            try publish(topics, "1")
            let first = try XCTUnwrap(Patience.value { starter.state.withLock { $0.held.popLast() } })
            try publish(topics, "2")
            let goesOn = DispatchSemaphore(value: 0)
            queues.submit { _ -> Int? in
                goesOn.wait()
                return 1
            } completion: { _ in }
            let refused = Mutex(false)
            while !refused.withLock({ $0 }) {
                queues.submit { _ -> Int? in 1 } completion: { result in if case .failure = result { refused.withLock { $0 = true } } }
            }
            first(.success(()))
            goesOn.signal()
            XCTAssertTrue(Patience.until { (try? topics.subscription("s", of: "sales"))?.pending == 0 })
            XCTAssertEqual(starter.callCount, 3)
        }
    }

    /// What is waiting goes with its topic; who is started by it is so again by one of the same name, and no more once its process has said so.
    func test_topicThatIsPutAgain_startsTheProcessesThatFollowIt() throws {
        let starter = Starter { _ in .success(()) }
        try withStore(starter) { _, topics in
            let rule = EventRule(topic: "sales", condition: nil)
            try topics.follow([rule], starting: "p")
            // That of `s`, and that of the process.
            try publish(topics, "1")
            XCTAssertTrue(Patience.until { starter.callCount == 2 })
            try topics.delete(topic: "sales")
            XCTAssertThrowsError(try publish(topics, "2"))
            _ = try topics.put(topic: "sales")
            XCTAssertThrowsError(try topics.subscription("s", of: "sales"))
            try publish(topics, "3")
            XCTAssertTrue(Patience.until { starter.callCount == 3 })
            // The same rules change nothing, also while the topic is gone; none at all end it.
            try topics.delete(topic: "sales")
            try topics.follow([rule], starting: "p")
            _ = try topics.put(topic: "sales")
            try publish(topics, "4")
            XCTAssertTrue(Patience.until { starter.callCount == 4 })
            try topics.delete(topic: "sales")
            try topics.follow([], starting: "p")
            _ = try topics.put(topic: "sales")
            try publish(topics, "5")
            _ = try topics.put(Subscription(name: "s", condition: nil, target: .process("p")), of: "sales")
            try publish(topics, "6")
            XCTAssertTrue(Patience.until { starter.callCount == 5 })
        }
    }

    /// A group looks for what is due before receivers are served, and once more.
    func test_whatIsAboutToLeave_leavesOnce() throws {
        let starter = Starter { _ in nil }
        try withCore(starter) { queues, topics, core in
            let event = event("1")
            try queues.perform { queue in
                _ = try core.publish([event], to: "sales", queue)
                try core.finish(queue)
                core.isDirty = true
            }
            XCTAssertEqual(starter.callCount, 1)
            XCTAssertEqual(try topics.subscription("s", of: "sales").pending, 1)
        }
    }

    /// A stop is no failure of whoever is called: the event comes again after the next start, as if it had not left.
    func test_callsThatAStopEnds_areNotAnswered() throws {
        let (isAsked, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let server = TestHTTPServer { _ in
            isAsked.signal()
            goesOn.wait()
            return .init()
        }
        let starter = Starter { _ in nil }
        let outbox = EventOutbox(clock: .system)
        let answers = Mutex<[TopicCore.Key]>([])
        outbox.start(policy: try AddressPolicy(allow: ["127.0.0.1"]), TopicSurroundings(contract: { _ in nil }, starter: { starter })) { key, _ in answers.withLock { $0.append(key) } }
        for (number, target) in [SubscriptionTarget.webhook(url: "http://127.0.0.1:\(server.port)/", secret: nil), .process("p")].enumerated() {
            outbox.send(
                EventDelivery(
                    key: TopicCore.Key(subscription: 1, number: Int64(number)), topic: "sales", subscription: Subscription(name: "s", condition: nil, target: target), origin: nil,
                    id: "\(number)", event: Array("{}".utf8)))
        }
        XCTAssertTrue(Patience.until { isAsked.wait(timeout: .now()) == .success })
        outbox.stop()
        starter.state.withLock { $0.held.popLast() }?(.failure(Fault(.overloaded, "the server is stopping")))
        let answered = answers.withLock { $0 }
        XCTAssertEqual(answered, [])
        goesOn.signal()
        server.close()
    }

    /// One at a time of each subject, also where a later event of it is being tried.
    func test_redrive_triesEachSubjectInItsOrder_oneByOne() throws {
        let starter = Starter { _ in nil }
        try withCore(starter) { queues, topics, core in
            let events = ["1", "2", "3"].map { event($0) }
            func giveUp() throws {
                try queues.perform { queue in
                    _ = try core.publish(events, to: "sales", queue)
                    try core.file().execute("UPDATE deliveries SET died_at = 1, reason = 'for a test' WHERE died_at IS NULL")
                }
            }
            try giveUp()
            XCTAssertEqual(try topics.redrive("s", in: "sales"), 3)
            for wanted in [["1"], ["1", "2"], ["1", "2", "3"]] {
                XCTAssertTrue(Patience.until { starter.state.withLock { $0.ids.count } >= wanted.count })
                XCTAssertEqual(starter.state.withLock { $0.ids }, wanted)
                try XCTUnwrap(Patience.value { starter.state.withLock { $0.held.popLast() } })(.success(()))
            }
            XCTAssertTrue(try Patience.until { try topics.subscription("s", of: "sales").pending == 0 })
            // Two that were given up, and a third of the subject that is being tried.
            starter.state.withLock { $0.ids = [] }
            time.pass(2 * 86_400 * Self.second)
            try giveUp()
            try publish(topics, "4")
            XCTAssertEqual(starter.state.withLock { $0.ids }, ["4"])
            XCTAssertEqual(try topics.redrive("s", in: "sales"), 3)
            XCTAssertEqual(starter.state.withLock { $0.ids }, ["4"])
            for wanted in [["4", "1"], ["4", "1", "2"], ["4", "1", "2", "3"]] {
                try XCTUnwrap(Patience.value { starter.state.withLock { $0.held.popLast() } })(.success(()))
                XCTAssertTrue(Patience.until { starter.state.withLock { $0.ids.count } >= wanted.count })
                XCTAssertEqual(starter.state.withLock { $0.ids }, wanted)
            }
        }
    }

    /// It holds up nobody else, and hears again once its condition is put anew.
    func test_conditionThatIsNotBound_restsAlone() throws {
        let starter = Starter { _ in .success(()) }
        try withStore(starter) { _, topics in _ = try topics.put(Subscription(name: "t", condition: "type = 'sale'", target: .process("p")), of: "sales") }
        try SQLiteConnection(path: try folder.made() + "/queues.sqlite", mode: .create).execute("UPDATE subscriptions SET condition = 'no_such(type)' WHERE name = 't'")
        try withStore(starter, opens: true) { _, topics in
            try publish(topics, "1")
            XCTAssertTrue(Patience.until { starter.callCount == 1 })
            XCTAssertNil(try topics.subscription("s", of: "sales").rests)
            let report = try topics.subscription("t", of: "sales")
            XCTAssertNotNil(report.rests)
            XCTAssertEqual(report.pending, 0)
            XCTAssertFault(.invalidQueue, try topics.put(report.subscription, of: "sales"))
            _ = try topics.put(Subscription(name: "t", condition: "type = 'sale'", target: .process("p")), of: "sales")
            XCTAssertNil(try topics.subscription("t", of: "sales").rests)
            try publish(topics, "2")
            XCTAssertTrue(Patience.until { starter.callCount == 3 })
        }
    }

    /// It keeps nothing from being opened, is shown as what it is, and stays as it was put.
    func test_targetOfAKindThatIsNotKnown_restsAlone() throws {
        let starter = Starter { _ in .success(()) }
        try withStore(starter) { _, topics in _ = try topics.put(Subscription(name: "t", condition: nil, target: .process("p")), of: "sales") }
        let path = try folder.made() + "/queues.sqlite"
        try SQLiteConnection(path: path, mode: .create).execute("""
            UPDATE subscriptions SET kind = 'carrier-pigeon', target = 'coop', secret = 's' WHERE name = 't';
            INSERT INTO events(number, origin, id, refs, json) VALUES(1000, NULL, 'waits', 1, x'7B7D');
            INSERT INTO deliveries(subscription, number, subject, next_at, since, attempts) SELECT id, 1000, NULL, 0, 0, 0 FROM subscriptions WHERE name = 't'
            """)
        try withStore(starter, opens: true) { _, topics in
            try publish(topics, "1")
            XCTAssertTrue(Patience.until { starter.callCount == 1 })
            let report = try topics.subscription("t", of: "sales")
            XCTAssertEqual(report.subscription.target, .unknown(kind: "carrier-pigeon", target: "coop", secret: "s"))
            XCTAssertEqual(report.rests?.contains("carrier-pigeon"), true)
            XCTAssertEqual(topics.texts.count, 1, "\(topics.texts)")
            XCTAssertEqual([report.pending, report.dead], [1, 0], "what waits is neither told nor given up")
            XCTAssertEqual(try topics.subscriptions(of: "sales").count, 2)
            XCTAssertTrue(try Patience.until { try topics.subscription("s", of: "sales").pending == 0 })
        }
        XCTAssertEqual(try SQLiteConnection(path: path, mode: .readOnly).integer("SELECT count(*) FROM subscriptions WHERE kind = 'carrier-pigeon' AND target = 'coop' AND secret = 's'"), 1)
        // Put anew it gets events, and those that waited.
        try withStore(starter, opens: true) { _, topics in
            _ = try topics.put(Subscription(name: "t", condition: nil, target: .process("p")), of: "sales")
            XCTAssertTrue(Patience.until { starter.callCount == 2 })
            XCTAssertNil(try topics.subscription("t", of: "sales").rests)
            XCTAssertTrue(topics.texts.isEmpty)
        }
    }

    /// A damaged file holds any number.
    func test_deliveryWhoseNumbersArePastAllTime_isTriedAgain() throws {
        let starter = Starter { call in call < 3 ? .failure(Fault(.overloaded, "busy")) : .success(()) }
        try withStore(starter) { _, topics in
            try publish(topics, "1")
            XCTAssertTrue(Patience.until { starter.callCount == 1 })
        }
        let path = try folder.made() + "/queues.sqlite"
        try SQLiteConnection(path: path, mode: .create).execute("UPDATE deliveries SET since = 9223372036854775807, attempts = 9223372036854775807, next_at = 0")
        try withStore(starter, opens: true) { _, topics in
            XCTAssertTrue(
                try Patience.until {
                    time.pass(3_600 * Self.second)
                    return try topics.subscription("s", of: "sales").pending == 0
                })
            XCTAssertEqual(starter.callCount, 3)
            XCTAssertEqual(try topics.subscription("s", of: "sales").dead, 0)
        }
    }

    /// A definition whose rules are refused is followed as it was before.
    func test_rulesThatAreRefused_changeNothing() throws {
        let starter = Starter { _ in .success(()) }
        try withStore(starter) { _, topics in
            let rule = EventRule(topic: "sales", condition: nil)
            try topics.follow([rule], starting: "p")
            let narrow = EventRule(topic: "sales", condition: "type = 'sale'")
            XCTAssertFault(.notFound, try topics.follow([narrow, EventRule(topic: "absent", condition: nil)], starting: "p"))
            XCTAssertFault(.invalidQueue, try topics.follow([narrow, EventRule(topic: "sales", condition: "no_such(type)")], starting: "p"))
            XCTAssertFault(.invalidQueue, try topics.follow((0..<100).map { EventRule(topic: "sales", condition: "type = '\($0)'") }, starting: "p"))
            // That of `s`, and that of the process.
            XCTAssertEqual(topics.metrics().first { $0.name == "subscriptions" }?.value, 2)
            try publish(topics, "1")
            XCTAssertTrue(Patience.until { starter.callCount == 2 })
            // With `s` as many as a topic may have.
            try topics.follow((0..<99).map { EventRule(topic: "sales", condition: "type = '\($0)'") }, starting: "p")
            XCTAssertEqual(topics.metrics().first { $0.name == "subscriptions" }?.value, 100)
        }
    }

    /// They were bound within it before their definition was put. One near its limit was refused here, with some of the rules changed.
    func test_conditionsOfADefinition_haveNoSecondTimeLimit() throws {
        let starter = Starter { _ in .success(()) }
        try TopicFixture.with(try folder.made(), time, starter: starter, subscriptions: [], bindingSeconds: -1) { _, topics, _ in
            let condition = "type = 'sale'"
            XCTAssertFault(.invalidQueue, try topics.put(Subscription(name: "s", condition: condition, target: .process("p")), of: "sales"))
            try topics.follow([EventRule(topic: "sales", condition: nil)], starting: "p")
            try topics.follow([EventRule(topic: "sales", condition: condition)], starting: "p")
            XCTAssertEqual(topics.metrics().first { $0.name == "subscriptions" }?.value, 1)
            try publish(topics, "1")
            XCTAssertTrue(Patience.until { starter.callCount == 1 })
        }
    }

    /// Whoever looks for a subject reads no other: a dead target would cost each event what waits for it.
    func test_lookingForASubject_readsNoOthers() throws {
        let connection = try SQLiteConnection(path: try folder.made() + "/plan.sqlite", mode: .create)
        try TopicTables.lay(out: connection)
        for text in [TopicTables.pending, TopicTables.release] {
            let plan = try connection.statement("EXPLAIN QUERY PLAN " + text)
            var lines: [String] = []
            while try plan.step() { lines.append(plan.text(3)) }
            XCTAssertTrue(lines.contains { $0.contains("delivery_subjects (subscription=? AND subject=?") }, "\(lines)")
        }
        // Nor does a subscription that goes read what others are still to get.
        for text in TopicTables.dropEvents + [TopicTables.forgetIDs, TopicTables.dropDeliveries] {
            let plan = try connection.statement("EXPLAIN QUERY PLAN " + text)
            var lines: [String] = []
            while try plan.step() { lines.append(plan.text(3)) }
            XCTAssertTrue(lines.contains { $0.hasPrefix("SEARCH ") } && !lines.contains { $0.hasPrefix("SCAN ") }, "\(lines)")
        }
        // And a piece of what is hastened is no more than that.
        for text in [TopicTables.span, TopicTables.hasten] {
            let plan = try connection.statement("EXPLAIN QUERY PLAN " + text)
            var lines: [String] = []
            while try plan.step() { lines.append(plan.text(3)) }
            XCTAssertTrue(lines.contains { $0.contains("PRIMARY KEY (subscription=? AND number>? AND number<?)") }, "\(lines)")
        }
    }

    // MARK: Receivers that were mended. The test's clock stands still but where it says so: nothing comes since its pause is over.

    private func value(_ sql: String, _ queues: QueueStore) throws -> Int64? { try queues.pool.withConnection { try $0.integer(sql) } }
    private func attempts(_ queues: QueueStore) throws -> Int64? { try value("SELECT max(attempts) FROM deliveries", queues) }
    private func take(_ starter: Starter) throws -> Starter.Completion { try XCTUnwrap(Patience.value { starter.state.withLock { $0.held.popLast() } }) }

    func test_targetThatIsMended_getsWhatWaits_withoutItsPause() throws {
        let starter = Starter { call in call <= 2 ? .failure(Fault(.overloaded, "busy")) : nil }
        try withStore(starter) { queues, topics in
            let came = time.now
            for id in ["1", "2"] { try publish(topics, id) }
            XCTAssertTrue(try Patience.until { try attempts(queues) == 1 })
            time.pass(100 * Self.second)
            XCTAssertTrue(
                try Patience.until {
                    _ = try topics.subscription("s", of: "sales")
                    return try attempts(queues) == 2
                })
            // The same target is as it was, and so is one with another condition.
            for condition in [nil, "type = 'sale'"] {
                _ = try topics.put(Subscription(name: "s", condition: condition, target: .process("p")), of: "sales")
                _ = try topics.subscription("s", of: "sales")
                XCTAssertEqual(starter.callCount, 2)
            }
            _ = try topics.put(Subscription(name: "s", condition: "type = 'sale'", target: .process("q")), of: "sales")
            let first = try take(starter)
            XCTAssertEqual(try value("SELECT since FROM deliveries WHERE number = 1", queues), came, "its three days have begun")
            XCTAssertEqual(try attempts(queues), 0)
            first(.success(()))
            try take(starter)(.success(()))
            XCTAssertTrue(try Patience.until { try topics.subscription("s", of: "sales").pending == 0 })
            XCTAssertEqual(starter.state.withLock { $0.ids }, ["1", "1", "1", "2"])
        }
    }

    /// What the former receiver says of it is not held against the one that there is now.
    func test_callThatIsUnderWay_asItsTargetIsMended_isMadeToTheNewOneThen() throws {
        let starter = Starter { _ in nil }
        try withStore(starter) { queues, topics in
            try publish(topics, "1")
            let former = try take(starter)
            _ = try topics.put(Subscription(name: "s", condition: nil, target: .process("q")), of: "sales")
            _ = try topics.subscription("s", of: "sales")
            XCTAssertEqual(starter.callCount, 1, "one at a time")
            former(.failure(Fault(.overloaded, "busy")))
            try take(starter)(.failure(Fault(.overloaded, "busy")))
            XCTAssertTrue(try Patience.until { try attempts(queues) == 1 })
            _ = try topics.subscription("s", of: "sales")
            XCTAssertEqual(starter.callCount, 2, "it has a pause again")
        }
    }

    func test_processThatIsThereNow_isStartedByWhatWaits_withoutItsPause() throws {
        let starter = Starter { call in call == 1 ? .failure(Fault(.notFound, "no such process")) : .success(()) }
        try withStore(starter) { queues, topics in
            try publish(topics, "1")
            XCTAssertTrue(try Patience.until { try attempts(queues) == 1 })
            topics.hasten(startsOf: "another")
            _ = try topics.subscription("s", of: "sales")
            XCTAssertEqual(starter.callCount, 1)
            topics.hasten(startsOf: "p")
            XCTAssertTrue(try Patience.until { try topics.subscription("s", of: "sales").pending == 0 })
            XCTAssertEqual(starter.callCount, 2)
        }
    }

    func test_queueThatIsMadeOrGivenRoom_getsWhatWaits_withoutItsPause() throws {
        try withStore(Starter { _ in .success(()) }) { queues, topics in
            _ = try topics.put(Subscription(name: "u", condition: nil, target: .queue("q")), of: "sales")
            func pending() throws -> Int { try topics.subscription("u", of: "sales").pending }
            func waits() throws -> Bool { try Patience.until { try attempts(queues) == 1 } }
            func hasAll() throws -> Bool { try Patience.until { try pending() == 0 } }
            func publishLong(_ id: String) throws {
                let event = EventDraft(id: id, origin: .administrator, type: "sale", subject: "R-1", time: time.now, data: Array(("\"" + String(repeating: "a", count: 600) + "\"").utf8))
                _ = try QueueFixture.wait { topics.publish([event], to: "sales", as: .admin, completion: $0) }
            }
            for id in ["1", "2"] { try publish(topics, id) }
            XCTAssertTrue(try waits())
            XCTAssertEqual(try pending(), 2)
            _ = try queues.put(queue: "q", QueueSettings(byteCountMax: 1_000))
            XCTAssertTrue(try hasAll(), "it is there")
            try publishLong("3")
            XCTAssertTrue(try waits())
            _ = try queues.put(queue: "q", QueueSettings(byteCountMax: 2_000))
            XCTAssertTrue(try hasAll(), "it takes more")
            // Dead letters until it takes nothing beside them.
            for id in 4..<20 {
                let messages = try QueueFixture.wait { _ = queues.receive(100, from: "q", waits: false, as: .admin, completion: $0) }
                for message in messages {
                    try QueueFixture.wait { queues.settle(MessageLock(id: message.id, token: message.token), .deadLetter(reason: nil), in: "q", as: .admin, completion: $0) }
                }
                try publishLong("\(id)")
                if try pending() > 0 { break }
            }
            XCTAssertTrue(try waits())
            XCTAssertEqual(try pending(), 1)
            _ = try queues.deleteDeadLetters(in: "q", as: .admin)
            XCTAssertTrue(try hasAll(), "its letters are gone")
        }
    }
}
