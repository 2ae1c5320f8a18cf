internal import ColumnStore

/// Who is notified of a registration, and what becomes of each notice.
///
/// 1. Each change of its status is owed to each target, under the next version; who is a target is settled at the start.
/// 2. Of what one target is owed only the oldest is called for, so that versions arrive rising: the end of one is the turn of the next.
/// 3. What has arrived changes no more.
extension StepTransition {
    package static func apply(_ event: StepNotice.Event, toNotice version: Int64, of target: StepNotice.Target, in process: StepProcess, at moment: StepMoment) -> Outcome {
        var transition = StepTransition(process, moment)
        guard let place = process.notices.firstIndex(where: { $0.version == version && $0.target == target }) else { return transition.outcome(.unknown) }
        let disposition = transition.take(event, at: place)
        return transition.outcome(disposition)
    }

    private mutating func take(_ event: StepNotice.Event, at place: Int) -> StepDisposition {
        let now = moment.now
        switch event {
        case .delivered: return end(place, .delivered, nil)
        case .givenUp(let reason): return end(place, .dead, reason)
        case .failed(let nextAt, let reason):
            guard process.notices[place].state == .pending else { return .repeated }
            update(place, .reason(reason)) { ($0.attempts, $0.nextAt) = ($0.attempts.addingSaturating(1), nextAt) }
            effects.append(.note(.ofEvent))
        case .redrive:
            guard process.notices[place].state == .dead, !moment.isLeaving else { return .unknown }
            update(place, .reason(nil)) { ($0.state, $0.attempts, $0.nextAt, $0.expiresAt) = (.pending, 0, now, now.addingSaturating(StepNotice.lifetime)) }
            let notice = process.notices[place]
            effects.append(.note(.noticeRedriven(version: notice.version)))
            if oldest(of: notice.target)?.version == notice.version { effects.append(.tell(notice)) }
        case .forget:
            guard process.notices[place].state == .dead, !moment.isLeaving else { return .unknown }
            update(place, .kept) { $0.state = .forgotten }
            effects.append(.note(.letterDeleted))
        }
        return .applied
    }

    private mutating func end(_ place: Int, _ state: StepNotice.State, _ reason: String?) -> StepDisposition {
        guard process.notices[place].state == .pending else { return .repeated }
        update(place, .reason(reason)) { ($0.state, $0.attempts) = (state, $0.attempts.addingSaturating(1)) }
        effects.append(.note(.ofEvent))
        if let next = oldest(of: process.notices[place].target) { effects.append(.tell(next)) }
        return .applied
    }

    /// What all of it comes to is another thing now.
    mutating func become(_ status: StepProcess.Status) {
        effects.append(.status(status))
        let targets = Set(process.notices.map(\.target))
        owe(status, to: StepNotice.Target.allCases.filter(targets.contains), version: (process.notices.map(\.version).max() ?? 0).addingSaturating(1))
    }

    mutating func owe(_ status: StepProcess.Status, to targets: [StepNotice.Target], version: Int64) {
        guard version <= StepNotice.versionMax else { return }
        for target in targets {
            let notice = StepNotice(
                version: version, target: target, status: status, at: moment.now, nextAt: moment.now, expiresAt: moment.now.addingSaturating(StepNotice.lifetime))
            process.notices.append(notice)
            effects.append(.owe(notice))
            if oldest(of: target)?.version == version { effects.append(.tell(notice)) }
        }
    }

    /// What a target has not got and nobody gave up.
    private func oldest(of target: StepNotice.Target) -> StepNotice? {
        process.notices.filter { $0.target == target && $0.state == .pending }.min { $0.version < $1.version }
    }

    private mutating func update(_ place: Int, _ words: StepEffect.Words, _ change: (inout StepNotice) -> Void) {
        change(&process.notices[place])
        effects.append(.changeNotice(process.notices[place], words))
    }
}
