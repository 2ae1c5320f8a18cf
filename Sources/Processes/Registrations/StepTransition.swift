internal import ColumnStore

/// The pure core of a registration: its steps, who is notified of it, an event and a moment in; the same and effects out.
package struct StepTransition {
    var process: StepProcess
    let moment: StepMoment
    var effects: [StepEffect] = []

    package struct Outcome: Sendable, Equatable {
        package let process: StepProcess
        package let effects: [StepEffect]
        package let disposition: StepDisposition
    }

    /// The steps of a plan: the first stage is called, the others wait.
    ///
    /// - Parameters:
    ///   - stages: names of endpoints; none of the stages is empty. Without any it is complete.
    ///   - targets: who is notified of it from now on.
    package static func start(_ stages: [[String]], telling targets: [StepNotice.Target] = [], at moment: StepMoment) -> Outcome {
        var transition = StepTransition(StepProcess([]), moment)
        for (stage, names) in stages.enumerated() {
            for name in names { transition.add(name, stage: stage) }
        }
        transition.owe(transition.process.status, to: targets, version: 1)
        return transition.outcome(.applied)
    }

    package static func apply(_ event: StepEvent, to ordinal: Int, of process: StepProcess, at moment: StepMoment) -> Outcome {
        var transition = StepTransition(process, moment)
        guard let step = process.steps.first(where: { $0.ordinal == ordinal }) else { return transition.outcome(.unknown) }
        let disposition = transition.take(event, step)
        return transition.outcome(disposition)
    }

    init(_ process: StepProcess, _ moment: StepMoment) { (self.process, self.moment) = (process, moment) }

    func outcome(_ disposition: StepDisposition) -> Outcome { Outcome(process: process, effects: effects, disposition: disposition) }

    private mutating func take(_ event: StepEvent, _ step: StepProcess.Step) -> StepDisposition {
        switch event {
        case .sent(let attempt, let lockedUntil):
            guard step.state.isOpen else { return .repeated }
            change(step, .sent) { ($0.attempts, $0.lockedUntil) = (attempt, lockedUntil) }
        case .inProgress(let lockedUntil):
            guard step.state.isOpen else { return .repeated }
            change(step, .inProgress, .reason("in progress")) { $0.lockedUntil = lockedUntil }
            effects.append(.note(.ofEvent))
        case .failed(let attempts, let nextAt, let reason):
            guard step.state.isOpen else { return .repeated }
            change(step, .pending, .reason(reason)) { ($0.attempts, $0.nextAt) = (attempts, nextAt) }
            effects.append(.note(.ofEvent))
        case .decided(let isAccepted): return decide(step, isAccepted)
        case .acceptedLate: return revive(step)
        case .givenUp(let reason, let attempts): return giveUp(step, reason, attempts)
        case .redrive: return redrive(step, .redriven(name: step.name))
        case .forget:
            guard step.state == .dead, !moment.isLeaving else { return .unknown }
            update(step, .kept) { $0.state = .forgotten }
            effects.append(.note(.letterDeleted))
        }
        return .applied
    }

    // MARK: Decisions

    private mutating func decide(_ step: StepProcess.Step, _ isAccepted: Bool) -> StepDisposition {
        switch step.state {
        case .waiting: return .unknown
        case .accepted: return isAccepted ? .repeated : .contradicting
        case .rejected: return isAccepted ? .contradicting : .repeated
        // Nobody's decision, so a rejection contradicts nothing: it is the reason that was missing. An acceptance must come as a late one.
        case .dead where isAccepted, .forgotten where isAccepted: return .contradicting
        case .pending, .dead, .forgotten, .sent, .inProgress, .cancelled: break
        }
        if moment.isLeaving { return .repeated }
        change(step, isAccepted ? .accepted : .rejected, .decision)
        effects.append(.note(.ofEvent))
        // What nobody waits for is written down, and changes nothing.
        guard step.state.isOpen else { return .applied }
        if isAccepted {
            guard process.steps.allSatisfy({ $0.stage != step.stage || $0.state == .accepted }) else { return .applied }
            let waiting = process.steps.filter { $0.state == .waiting }
            guard let next = waiting.map(\.stage).min() else {
                become(.complete)
                return .applied
            }
            for later in waiting where later.stage == next { begin(later) }
        } else {
            cancelOthers(of: step)
            become(.failed)
        }
        return .applied
    }

    /// As a redrive whose answer is there already. Where another endpoint has rejected meanwhile, it is only written down.
    private mutating func revive(_ step: StepProcess.Step) -> StepDisposition {
        guard step.state.isDead else { return decide(step, true) }
        guard !moment.isLeaving else { return .contradicting }
        if process.steps.contains(where: { $0.state == .rejected }) {
            change(step, .accepted, .decision)
            effects.append(.note(.ofEvent))
            return .applied
        }
        guard redrive(step, .acceptedLate(name: step.name)) == .applied, let begun = process.steps.first(where: { $0.ordinal == step.ordinal }) else { return .contradicting }
        return decide(begun, true)
    }

    private mutating func giveUp(_ step: StepProcess.Step, _ reason: String, _ attempts: Int?) -> StepDisposition {
        guard step.state.isOpen else { return .repeated }
        change(step, .dead, .reason(reason)) { $0.attempts = attempts ?? $0.attempts }
        effects.append(.note(.ofEvent))
        cancelOthers(of: step)
        become(.failed)
        return .applied
    }

    /// A dead step begins anew, and with it those that its end cancelled.
    private mutating func redrive(_ step: StepProcess.Step, _ note: StepEffect.Note) -> StepDisposition {
        guard step.state.isDead, !moment.isLeaving else { return .unknown }
        // An endpoint that nobody waited for has rejected it meanwhile: whatever this one says, it would never be complete.
        guard !process.steps.contains(where: { $0.state == .rejected }) else { return .contradicting }
        effects.append(.note(note))
        for other in process.steps where other.ordinal == step.ordinal || other.state == .cancelled {
            // Stages before it are done.
            if other.stage > step.stage { update(other, .kept) { ($0.state, $0.at) = (.waiting, nil) } } else { begin(other) }
        }
        become(.processing)
        return .applied
    }

    // MARK: Steps

    private mutating func add(_ name: String, stage: Int) {
        let isFirst = stage == 0
        let step = StepProcess.Step(
            ordinal: process.steps.count, name: name, stage: Int64(stage) + 1, state: isFirst ? .pending : .waiting, nextAt: isFirst ? moment.now : nil,
            expiresAt: isFirst ? expiry(of: name) : nil)
        process.steps.append(step)
        effects.append(.add(step))
        if isFirst { effects.append(.call(step)) }
    }

    private mutating func begin(_ step: StepProcess.Step) {
        let (now, expiresAt) = (moment.now, expiry(of: step.name))
        update(step, .kept) { ($0.state, $0.attempts, $0.nextAt, $0.lockedUntil, $0.expiresAt) = (.pending, 0, now, nil, expiresAt) }
        if let begun = process.steps.first(where: { $0.ordinal == step.ordinal }) { effects.append(.call(begun)) }
    }

    private func expiry(of name: String) -> Int64 { moment.now.addingSaturating(moment.expiry(name)) }

    private mutating func cancelOthers(of step: StepProcess.Step) {
        for other in process.steps where other.ordinal != step.ordinal && (other.state.isOpen || other.state == .waiting) { change(other, .cancelled) }
    }

    /// Something was heard of a step: what it waited for counts no more.
    private mutating func change(
        _ step: StepProcess.Step, _ state: StepState, _ words: StepEffect.Words = .kept, _ change: (inout StepProcess.Step) -> Void = { _ in }
    ) {
        let now = moment.now
        update(step, words) {
            ($0.state, $0.nextAt, $0.lockedUntil, $0.at) = (state, nil, nil, now)
            change(&$0)
        }
    }

    private mutating func update(_ step: StepProcess.Step, _ words: StepEffect.Words, _ change: (inout StepProcess.Step) -> Void) {
        guard let place = process.steps.firstIndex(where: { $0.ordinal == step.ordinal }) else { return }
        change(&process.steps[place])
        effects.append(.change(process.steps[place], words))
    }
}
