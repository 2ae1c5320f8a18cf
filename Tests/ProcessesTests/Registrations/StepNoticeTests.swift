import Processes
import XCTest

/// Goal: everybody who is to be notified of a registration is owed each change of its status once, in order, and is called until it has arrived or was given up; nothing that
/// is owed waits for a call that nobody makes. Method: every state that small plans and their notices can come to, by the words of endpoints and of those who are notified, and every
/// event in each of them. What is written down is kept by a ledger that knows the effects alone, as the storage does.
final class StepNoticeTests: XCTestCase {
    private typealias Target = StepNotice.Target

    private static let plans = [[], [["a"]], [["a", "b"]], [["a"], ["b"]]]
    private static let stepEvents: [StepEvent] = [
        .sent(attempt: 1, lockedUntil: 70), .inProgress(lockedUntil: 71), .failed(attempts: 1, nextAt: 72, reason: "r"), .decided(isAccepted: true), .decided(isAccepted: false),
        .acceptedLate, .givenUp(reason: "g"), .redrive, .forget,
    ]
    private static let noticeEvents: [StepNotice.Event] = [.delivered, .failed(nextAt: 80, reason: "r"), .givenUp(reason: "g"), .redrive, .forget]
    /// A registration that is tried again without end changes without end.
    private static func noticeCountMax(_ plan: [[String]]) -> Int { plan.joined().count < 2 ? 4 : 2 }

    private static func moment(_ now: Int64, isLeaving: Bool = false) -> StepMoment { StepMoment(now: now, isLeaving: isLeaving) { _ in 1_000 } }

    /// What the storage knows, by effects alone, and whom it is calling.
    private struct Ledger {
        struct Key: Hashable {
            let version: Int64
            let target: Target
        }

        var process: StepProcess
        var calls: Set<Key> = []
        /// The newest that a target was called for, unless somebody had it tried again.
        var told: [Target: Int64] = [:]

        /// What tells states apart: not the instants.
        struct Form: Hashable {
            let steps: [StepState]
            let notices: [StepNotice.State]
            let statuses: [StepProcess.Status]
            let calls: Set<Key>
        }

        var form: Form { Form(steps: process.steps.map(\.state), notices: process.notices.map(\.state), statuses: process.notices.map(\.status), calls: calls) }
        var name: String {
            let notices = process.notices.map { "\($0.version) \($0.target) \($0.state) \(calls.contains(Key(version: $0.version, target: $0.target)) ? "called" : "")" }
            return "\(process.steps.map(\.state.text)) \(notices)"
        }
    }

    private func carryOut(_ effects: [StepEffect], on ledger: inout Ledger, isRedrive: Bool = false, _ place: @autoclosure () -> String) -> [StepProcess.Status] {
        var (steps, notices) = (ledger.process.steps, ledger.process.notices)
        var statuses: [StepProcess.Status] = []
        for effect in effects {
            switch effect {
            case .add(let step): steps.append(step)
            case .change(let step, _): steps = steps.map { $0.ordinal == step.ordinal ? step : $0 }
            case .call, .note: break
            case .status(let status): statuses.append(status)
            case .owe(let notice):
                XCTAssertFalse(notices.contains { $0.version == notice.version && $0.target == notice.target }, "\(place()): owed twice")
                notices.append(notice)
            case .changeNotice(let notice, _): notices = notices.map { $0.version == notice.version && $0.target == notice.target ? notice : $0 }
            case .tell(let notice):
                XCTAssertTrue(notices.contains(notice) && notice.state == .pending, "\(place()): what is told is not what is owed")
                ledger.calls.insert(Ledger.Key(version: notice.version, target: notice.target))
                if !isRedrive { XCTAssertGreaterThan(notice.version, ledger.told[notice.target] ?? 0, "\(place()): versions fall") }
                ledger.told[notice.target] = max(notice.version, ledger.told[notice.target] ?? 0)
            }
        }
        ledger.process = StepProcess(steps, notices: notices)
        return statuses
    }

    private func checkStanding(_ ledger: Ledger, _ targets: [Target], wasRedriven: Bool, _ place: @autoclosure () -> String) {
        for target in Target.allCases {
            let own = ledger.process.notices.filter { $0.target == target }
            if !targets.contains(target) { XCTAssertEqual(own, [], place()) }
            // From the first to the present one, without gaps, and the newest says how it is.
            XCTAssertEqual(own.map(\.version), Array(1...max(1, own.count)).map(Int64.init).prefix(own.count).map { $0 }, place())
            if targets.contains(target) { XCTAssertEqual(own.last?.status, ledger.process.status, place()) }
            for (one, next) in zip(own, own.dropFirst()) { XCTAssertNotEqual(one.status, next.status, place()) }
            let calls = ledger.calls.filter { $0.target == target }
            if let oldest = own.first(where: { $0.state == .pending }) {
                XCTAssertTrue(calls.contains(Ledger.Key(version: oldest.version, target: target)), "\(place()): nobody tells \(oldest)")
            }
            if !wasRedriven { XCTAssertLessThanOrEqual(calls.count, 1, place()) }
        }
    }

    // MARK: All of small plans

    func test_apply_allEventsInAllStates_ofSmallPlans_everybodyIsToldOfEachChangeInOrder() {
        var (stateCount, lateCount) = (0, 0)
        for plan in Self.plans {
            // Of two who are notified, one endpoint gives states enough: they wait for nothing of each other.
            for targets in [[], [Target.contract], [.callback, .contract]] where targets.count < 2 || plan.joined().count < 2 {
                var first = Ledger(process: StepProcess([]))
                let start = StepTransition.start(plan, telling: targets, at: Self.moment(5))
                XCTAssertEqual(carryOut(start.effects, on: &first, "\(plan)"), [])
                XCTAssertEqual(first.process, start.process)
                XCTAssertEqual(start.process.notices.map(\.expiresAt), targets.map { _ in 5 + StepNotice.lifetime })
                checkStanding(first, targets, wasRedriven: false, "\(plan)")
                struct Place: Hashable {
                    let form: Ledger.Form
                    let wasRedriven: Bool
                }
                var seen = [Place(form: first.form, wasRedriven: false)] as Set
                var open = [(ledger: first, wasRedriven: false)]
                while let (ledger, wasRedriven) = open.popLast() {
                    stateCount += 1
                    for next in followers(of: ledger, targets, wasRedriven: wasRedriven, plan) {
                        let notices = next.ledger.process.notices
                        if notices.contains(where: { $0.version > 1 && $0.state == .pending }), next.ledger.calls.contains(where: { $0.version == 1 }) { lateCount += 1 }
                        guard notices.count <= Self.noticeCountMax(plan) else { continue }
                        if seen.insert(Place(form: next.ledger.form, wasRedriven: next.wasRedriven)).inserted { open.append(next) }
                    }
                }
            }
        }
        XCTAssertGreaterThan(stateCount, 1_000)
        XCTAssertGreaterThan(lateCount, 100, "nobody waited for an earlier version")
    }

    /// Each event in a state, checked; what it comes to.
    private func followers(of ledger: Ledger, _ targets: [Target], wasRedriven: Bool, _ plan: [[String]]) -> [(ledger: Ledger, wasRedriven: Bool)] {
        var followers: [(ledger: Ledger, wasRedriven: Bool)] = []
        let process = ledger.process
        for event in Self.stepEvents {
            for i in process.steps.indices {
                func place() -> String { "\(plan) \(targets) \(ledger.name): \(event) of \(i)" }
                let outcome = StepTransition.apply(event, to: i, of: process, at: Self.moment(9))
                var next = ledger
                let statuses = carryOut(outcome.effects, on: &next, place())
                XCTAssertEqual(next.process, outcome.process, place())
                let owed = outcome.effects.compactMap { if case .owe(let notice) = $0 { notice.status } else { nil } }
                XCTAssertEqual(owed, statuses.flatMap { status in targets.map { _ in status } }, "\(place()): each change, to each of them")
                // Without the notices where the event says so: the same.
                if !event.concernsNotices {
                    let blind = StepTransition.apply(event, to: i, of: StepProcess(process.steps), at: Self.moment(9))
                    XCTAssertEqual(blind.effects, outcome.effects, place())
                }
                checkStanding(next, targets, wasRedriven: wasRedriven, place())
                followers.append((next, wasRedriven))
            }
        }
        for event in Self.noticeEvents {
            for notice in process.notices {
                for isLeaving in [false, true] {
                    followers += follower(of: ledger, event, notice, isLeaving: isLeaving, targets, wasRedriven: wasRedriven, "\(plan) \(targets) \(ledger.name): \(event) of \(notice.version) \(notice.target)")
                }
            }
            for target in Target.allCases {
                let outcome = StepTransition.apply(event, toNotice: 99, of: target, in: process, at: Self.moment(9))
                XCTAssertEqual(outcome.disposition, .unknown)
                XCTAssertEqual(outcome.effects, [])
            }
        }
        return followers
    }

    private func follower(
        of ledger: Ledger, _ event: StepNotice.Event, _ notice: StepNotice, isLeaving: Bool, _ targets: [Target], wasRedriven: Bool, _ place: @autoclosure () -> String
    ) -> [(ledger: Ledger, wasRedriven: Bool)] {
        let key = Ledger.Key(version: notice.version, target: notice.target)
        let outcome = StepTransition.apply(event, toNotice: notice.version, of: notice.target, in: ledger.process, at: Self.moment(9, isLeaving: isLeaving))
        // What the contract says of it.
        let (state, answer): (StepNotice.State, StepDisposition) = switch (event, notice.state) {
        case (.delivered, .pending): (.delivered, .applied)
        case (.failed, .pending): (.pending, .applied)
        case (.givenUp, .pending): (.dead, .applied)
        case (.redrive, .dead) where !isLeaving: (.pending, .applied)
        case (.forget, .dead) where !isLeaving: (.forgotten, .applied)
        case (.redrive, _), (.forget, _): (notice.state, .unknown)
        default: (notice.state, .repeated)
        }
        XCTAssertEqual(outcome.disposition, answer, place())
        XCTAssertEqual(outcome.process.steps, ledger.process.steps, place())
        XCTAssertEqual(outcome.process.notices.first { $0.version == notice.version && $0.target == notice.target }?.state, state, place())
        guard answer == .applied else {
            XCTAssertEqual(outcome.effects, [], place())
            XCTAssertEqual(outcome.process, ledger.process, place())
            return []
        }
        // Who was not called has nothing to say of it.
        if [.delivered, .dead].contains(state), !ledger.calls.contains(key) { return [] }
        XCTAssertEqual(outcome.effects.filter { if case .note = $0 { true } else { false } }.count, 1, place())
        var next = ledger
        if event == .delivered { next.calls.remove(key) } else if case .givenUp = event { next.calls.remove(key) }
        let isRedriven = wasRedriven || event == .redrive
        XCTAssertEqual(carryOut(outcome.effects, on: &next, isRedrive: isRedriven, place()), [], "\(place()): it has not changed")
        XCTAssertEqual(next.process, outcome.process, place())
        if event == .redrive {
            let begun = next.process.notices.first { $0.version == notice.version && $0.target == notice.target }
            XCTAssertEqual([begun?.attempts ?? -1, Int(begun?.nextAt ?? 0)], [0, 9], place())
            XCTAssertEqual(begun?.expiresAt, 9 + StepNotice.lifetime, place())
        }
        checkStanding(next, targets, wasRedriven: isRedriven, place())
        return [(next, isRedriven)]
    }

    // MARK: Many changes

    func test_apply_moreChangesThanThereAreNumbers_nobodyIsToldOfThoseBeyond() {
        let start = StepTransition.start([["a"]], telling: [.contract], at: Self.moment(5)).process
        let notice = StepNotice(version: StepNotice.versionMax - 1, target: .contract, status: .processing, at: 5, state: .delivered, nextAt: 5, expiresAt: 6)
        let process = StepProcess(start.steps, notices: [notice])
        let failed = StepTransition.apply(.givenUp(reason: "g"), to: 0, of: process, at: Self.moment(9))
        XCTAssertEqual(failed.process.notices.map(\.version), [StepNotice.versionMax - 1, StepNotice.versionMax])
        let again = StepTransition.apply(.redrive, to: 0, of: failed.process, at: Self.moment(9))
        XCTAssertEqual(again.disposition, .applied)
        XCTAssertTrue(again.effects.contains(.status(.processing)))
        XCTAssertEqual(again.process.notices, failed.process.notices)
    }
}
