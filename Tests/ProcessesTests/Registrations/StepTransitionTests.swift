import Processes
import TestSupport
import XCTest

/// Goal: whatever endpoints, clocks and administrators say of a registration's steps, in whatever order and however often, it never stands still, never is complete against a
/// rejection, and what is written down is what became of it. Method: every state that small plans can come to, and every event in each of them, against a model that was written
/// from the contract's sentences; then large plans at random against endpoints that each keep a book of their own.
final class StepTransitionTests: XCTestCase {
    private static let plans = [
        [["a"]], [["a", "b"]], [["a"], ["b"]], [["a", "b", "c"]], [["a", "b"], ["c"]], [["a"], ["b", "c"]], [["a"], ["b"], ["c"]],
    ]
    private static let events: [StepEvent] = [
        .sent(attempt: 1, lockedUntil: 70), .inProgress(lockedUntil: 71), .failed(attempts: 1, nextAt: 72, reason: "r"), .decided(isAccepted: true), .decided(isAccepted: false),
        .acceptedLate, .givenUp(reason: "g"), .redrive, .forget,
    ]

    private static func moment(_ now: Int64, isLeaving: Bool = false) -> StepMoment { StepMoment(now: now, isLeaving: isLeaving) { _ in 1_000 } }

    // MARK: The model

    private struct Model: Hashable {
        var states: [StepState]
        var stages: [Int64]

        /// What the contract says of an event: the states after it, and what it is called. nil: refused, nothing changes.
        func after(_ event: StepEvent, _ i: Int, isLeaving: Bool) -> (states: [StepState], answer: StepDisposition) {
            let mine = states[i]
            let isOpen = [.pending, .sent, .inProgress].contains(mine)
            let isGivenUp = [.dead, .forgotten].contains(mine)
            var next = states
            switch event {
            case .sent, .inProgress, .failed, .givenUp:
                // Nobody waits for what was decided, cancelled, or is not reached.
                guard isOpen else { return (states, .repeated) }
                switch event {
                case .sent: next[i] = .sent
                case .inProgress: next[i] = .inProgress
                case .failed: next[i] = .pending
                default:
                    next = ended(i)
                    next[i] = .dead
                }
                return (next, .applied)
            case .decided(let isAccepted): return decided(i, isAccepted, isLeaving: isLeaving)
            case .acceptedLate:
                guard isGivenUp else { return decided(i, true, isLeaving: isLeaving) }
                if isLeaving { return (states, .contradicting) }
                next[i] = .accepted
                if states.contains(.rejected) { return (next, .applied) }
                var going = Model(states: revived(i), stages: stages)
                going.states[i] = .pending
                return going.decided(i, true, isLeaving: false)
            case .redrive:
                guard isGivenUp, !isLeaving else { return (states, .unknown) }
                if states.contains(.rejected) { return (states, .contradicting) }
                return (revived(i), .applied)
            case .forget:
                guard mine == .dead, !isLeaving else { return (states, .unknown) }
                next[i] = .forgotten
                return (next, .applied)
            }
        }

        private func decided(_ i: Int, _ isAccepted: Bool, isLeaving: Bool) -> (states: [StepState], answer: StepDisposition) {
            let mine = states[i]
            if mine == .waiting { return (states, .unknown) }
            if mine == .accepted { return (states, isAccepted ? .repeated : .contradicting) }
            if mine == .rejected { return (states, isAccepted ? .contradicting : .repeated) }
            if isAccepted, mine == .dead || mine == .forgotten { return (states, .contradicting) }
            if isLeaving { return (states, .repeated) }
            let wasAwaited = [.pending, .sent, .inProgress].contains(mine)
            var next = wasAwaited && !isAccepted ? ended(i) : states
            next[i] = isAccepted ? .accepted : .rejected
            guard wasAwaited, isAccepted else { return (next, .applied) }
            // The next stage, once all of this one have accepted.
            let isStageDone = zip(next, stages).allSatisfy { $0.1 != stages[i] || $0.0 == .accepted }
            if isStageDone, let following = zip(next, stages).filter({ $0.0 == .waiting }).map(\.1).min() {
                for j in next.indices where stages[j] == following && next[j] == .waiting { next[j] = .pending }
            }
            return (next, .applied)
        }

        /// All that is undecided is cancelled.
        private func ended(_ i: Int) -> [StepState] { states.map { [.waiting, .pending, .sent, .inProgress].contains($0) ? .cancelled : $0 } }

        private func revived(_ i: Int) -> [StepState] {
            states.indices.map { j in
                if j == i { return .pending }
                guard states[j] == .cancelled else { return states[j] }
                return stages[j] > stages[i] ? .waiting : .pending
            }
        }
    }

    // MARK: What must hold of any outcome

    private func check(_ before: StepProcess, _ event: StepEvent, _ ordinal: Int, _ outcome: StepTransition.Outcome, _ place: @autoclosure () -> String) {
        let after = outcome.process
        if outcome.disposition != .applied {
            XCTAssertEqual(after, before, place())
            XCTAssertEqual(outcome.effects, [], place())
        }
        // What is written down is what became of it.
        var stored = before
        var statuses: [StepProcess.Status] = []
        var called: Set<Int> = []
        var noteCount = 0
        for effect in outcome.effects {
            switch effect {
            case .add: XCTFail("\(place()): a step out of nothing")
            case .change(let step, _): stored = StepProcess(stored.steps.map { $0.ordinal == step.ordinal ? step : $0 })
            case .call(let step): XCTAssertTrue(called.insert(step.ordinal).inserted, place())
            case .note: noteCount += 1
            case .status(let status): statuses.append(status)
            case .owe, .changeNotice, .tell: XCTFail("\(place()): nobody is to be told")
            }
        }
        XCTAssertEqual(stored, after, place())
        if !event.concernsNotices { XCTAssertEqual(statuses, [], "\(place()): who is told of that?") }
        // A receipt's state changes where it is another, and that is reported in order.
        XCTAssertEqual(statuses.last ?? before.status, after.status, place())
        XCTAssertEqual(zip([before.status] + statuses, statuses).filter { $0.0 == $0.1 }.count, 0, "\(place()): \(statuses)")
        if case .sent = event { XCTAssertEqual(noteCount, 0, place()) } else if outcome.disposition == .applied { XCTAssertGreaterThan(noteCount, 0, place()) }
        for (old, new) in zip(before.steps, after.steps) {
            if [.accepted, .rejected].contains(old.state) { XCTAssertEqual(old, new, "\(place()): a decision is final") }
            // Who is called now was not waited for before, and is due; who was given a call keeps what he had.
            if called.contains(new.ordinal), new.state == .pending { XCTAssertTrue(!old.state.isOpen && new.nextAt != nil && new.attempts == 0 && new.expiresAt != nil, place()) }
            if new.state == .pending, !old.state.isOpen { XCTAssertTrue(called.contains(new.ordinal), "\(place()): nobody calls \(new.name)") }
            XCTAssertEqual(new.nextAt != nil, new.state == .pending, place())
            if !new.state.isOpen { XCTAssertNil(new.lockedUntil, place()) }
        }
        checkStanding(after, place())
    }

    private func checkStanding(_ process: StepProcess, _ place: @autoclosure () -> String) {
        let open = process.steps.filter(\.state.isOpen)
        XCTAssertEqual(process.status == .processing, !open.isEmpty, "\(place()): it stands still, or goes on after its end")
        XCTAssertLessThanOrEqual(Set(open.map(\.stage)).count, 1, "\(place()): two stages at once")
        if let stage = open.first?.stage {
            XCTAssertTrue(process.steps.allSatisfy { $0.stage >= stage || $0.state == .accepted }, place())
            XCTAssertTrue(process.steps.allSatisfy { $0.stage <= stage || [.waiting, .accepted].contains($0.state) }, place())
        }
        if process.status == .complete { XCTAssertTrue(process.steps.allSatisfy { $0.state == .accepted }, place()) }
        if process.steps.contains(where: { $0.state == .rejected }) { XCTAssertEqual(process.status, .failed, place()) }
    }

    private func start(_ plan: [[String]]) -> StepProcess {
        let outcome = StepTransition.start(plan, at: Self.moment(5))
        let added = outcome.effects.compactMap { if case .add(let step) = $0 { step } else { nil } }
        XCTAssertEqual(added, outcome.process.steps)
        let called = outcome.effects.compactMap { if case .call(let step) = $0 { step.name } else { nil } }
        XCTAssertEqual(called, plan.first ?? [])
        XCTAssertEqual(added.map(\.expiresAt), added.map { $0.stage == 1 ? 1_005 : nil })
        return outcome.process
    }

    // MARK: Small plans

    func test_apply_allEventsInAllStates_ofSmallPlans_areTheModels() {
        var stateCount = 0
        for plan in Self.plans {
            let first = start(plan)
            var seen: Set<[StepState]> = [first.steps.map(\.state)]
            var open = [first]
            while let process = open.popLast() {
                stateCount += 1
                let model = Model(states: process.steps.map(\.state), stages: process.steps.map(\.stage))
                for event in Self.events {
                    for i in process.steps.indices {
                        for isLeaving in [false, true] where !isLeaving || process.status != .processing {
                            let outcome = StepTransition.apply(event, to: i, of: process, at: Self.moment(9, isLeaving: isLeaving))
                            var place: String { "\(plan) \(model.states.map(\.text)): \(event) of \(i)\(isLeaving ? ", leaving" : "")" }
                            let wanted = model.after(event, i, isLeaving: isLeaving)
                            XCTAssertEqual(outcome.disposition, wanted.answer, place)
                            XCTAssertEqual(outcome.process.steps.map(\.state), wanted.states, place)
                            check(process, event, i, outcome, place)
                            // Heard twice, it is heard once.
                            if case .decided = event, outcome.disposition == .applied {
                                let again = StepTransition.apply(event, to: i, of: outcome.process, at: Self.moment(10))
                                XCTAssertEqual(again.disposition, .repeated, place)
                            }
                            if seen.insert(outcome.process.steps.map(\.state)).inserted { open.append(outcome.process) }
                        }
                    }
                    XCTAssertEqual(StepTransition.apply(event, to: process.steps.count, of: process, at: Self.moment(9)).disposition, .unknown)
                }
            }
            // Every end can be come to.
            let ends = Set(seen.map { StepProcess($0.enumerated().map { StepProcess.Step(ordinal: $0.offset, name: "", stage: 1, state: $0.element) }).status })
            XCTAssertEqual(ends, [.processing, .complete, .failed], "\(plan)")
        }
        XCTAssertGreaterThan(stateCount, 400)
    }

    /// However the words of two or three endpoints and of time come, with each of them twice: the books agree.
    func test_apply_allOrdersOfWords_endAlike() {
        for plan in Self.plans.prefix(5) {
            let names = plan.joined().count
            for verdicts in 0..<(1 << names) {
                /// Each endpoint says its verdict whenever it is reached, or once nobody waits any more.
                func explore(_ process: StepProcess, _ left: [Int], _ ends: inout Set<String>, _ givenUp: Int) {
                    if left.isEmpty { ends.insert("\(process.status)") }
                    for (place, i) in left.enumerated() {
                        let isAccepted = verdicts >> i & 1 == 1
                        let state = process.steps[i].state
                        if state == .waiting { continue }
                        let event: StepEvent = isAccepted ? .acceptedLate : .decided(isAccepted: false)
                        let next = StepTransition.apply(event, to: i, of: process, at: Self.moment(9))
                        XCTAssertEqual(next.disposition, .applied)
                        let again = StepTransition.apply(event, to: i, of: next.process, at: Self.moment(9))
                        XCTAssertTrue([.repeated, .unknown].contains(again.disposition))
                        var rest = left
                        rest.remove(at: place)
                        explore(next.process, rest, &ends, givenUp)
                        // Its time is over before the word comes.
                        guard givenUp > 0, state.isOpen else { continue }
                        let dead = StepTransition.apply(.givenUp(reason: "late"), to: i, of: process, at: Self.moment(9))
                        explore(dead.process, left, &ends, givenUp - 1)
                    }
                }
                var ends: Set<String> = []
                explore(start(plan), Array(0..<names), &ends, 2)
                let wanted = verdicts == 1 << names - 1 ? "complete" : "failed"
                XCTAssertTrue(ends.subtracting([wanted]).isEmpty, "\(plan), \(String(verdicts, radix: 2)): \(ends)")
            }
        }
    }

    // MARK: At random

    func test_randomTraces_ofLargePlans_agreeWithTheBooksOfEndpoints() {
        var ends: [StepProcess.Status: Int] = [:]
        for seed in UInt64(0)..<400 {
            var random = SplitMix64(state: seed)
            func below(_ n: Int) -> Int { Int(random.next() % UInt64(n)) }
            var names = 0
            let plan = (0...below(4)).map { _ in
                (0...below(4)).map { _ -> String in
                    names += 1
                    return "e\(names)"
                }
            }
            // What each has decided for good, whether it was heard or not.
            let book = (0..<names).map { _ in below(12) != 0 }
            var process = start(plan)
            var now: Int64 = 10
            for count in 0..<150 {
                now += 1
                let i = below(names)
                let event: StepEvent
                switch below(9) {
                case 0: event = .sent(attempt: count, lockedUntil: now + 5)
                case 1: event = .inProgress(lockedUntil: now + 5)
                case 2: event = .failed(attempts: count, nextAt: now + 5, reason: "r")
                case 3: event = below(4) == 0 ? .givenUp(reason: "g") : .sent(attempt: 1, lockedUntil: now + 1)
                case 4: event = .redrive
                case 5: event = below(3) == 0 ? .forget : .redrive
                default: event = book[i] ? .acceptedLate : .decided(isAccepted: false)
                }
                let outcome = StepTransition.apply(event, to: i, of: process, at: Self.moment(now))
                check(process, event, i, outcome, "seed \(seed), event \(count)")
                process = outcome.process
            }
            // In the end everybody says what he has decided, and what was given up is tried again.
            for _ in 0..<(3 * names) {
                for step in process.steps {
                    if step.state.isDead { process = StepTransition.apply(.redrive, to: step.ordinal, of: process, at: Self.moment(now)).process }
                    let word: StepEvent = book[step.ordinal] ? .acceptedLate : .decided(isAccepted: false)
                    process = StepTransition.apply(word, to: step.ordinal, of: process, at: Self.moment(now)).process
                }
            }
            for step in process.steps where [.accepted, .rejected].contains(step.state) { XCTAssertEqual(step.state == .accepted, book[step.ordinal], "seed \(seed)") }
            XCTAssertNotEqual(process.status, .processing, "seed \(seed)")
            XCTAssertEqual(process.status == .complete, book.allSatisfy { $0 }, "seed \(seed): \(process)")
            ends[process.status, default: 0] += 1
        }
        XCTAssertGreaterThan(ends[.complete] ?? 0, 10, "\(ends)")
        XCTAssertGreaterThan(ends[.failed] ?? 0, 10, "\(ends)")
    }
}
