/// Mode log, without the leader's word: its slots tell whether it lives, and whether who wants to lead has everything.
///
/// The way through them is that of the reconciliation, and changes nothing: back to where the own log and the slots are equal, then forward, each from the one before, to the end. What a bucket
/// has lost, or somebody has put there, is found before the lead is taken from a machine that may have it.
extension Node {
    struct Watch: Sendable {
        /// The last record of the own log as it began.
        var from = 0
        /// The next slot to be looked at; nil: to begin anew.
        var next: Int?
        /// The record before that one, which it must go on from; nil while it is looked for.
        var before: Mark?
        /// The last record that was seen, and whether the end was since the object was: what comes after both is news of a leader that lives.
        var last = 0
        var hasEnd = false
        /// All that was looked at goes on to the end, as far as the last look says.
        var isWhole = false
        /// A slot that is lost, cannot be read, or does not go on from the one before.
        var broken: Int?
        var ticket: Int?
    }

    mutating func readWatched() {
        guard let configuration, let log = configuration.log, configuration.mode == .log, settings.hasBucket, takesPart else { return }
        // What a leader has sent meanwhile is looked for from there.
        if watch.from != top.sequence { watch.next = nil }
        if watch.next == nil {
            let shared = shared(from: log.base)
            (watch.from, watch.next, watch.before) = top.sequence > shared.sequence ? (top.sequence, top.sequence, nil) : (top.sequence, shared.sequence + 1, shared)
        }
        let ticket = newTicket()
        watch.ticket = ticket
        effects.append(.readSlot(generation: log.generation, sequence: watch.next ?? log.base.sequence + 1, ticket: ticket))
    }

    mutating func watched(_ reading: Reading<Record>, ticket: Int) {
        guard ticket == watch.ticket else { return }
        // Also where nobody wants the answer any more, since the log was cut back meanwhile: the next tick begins anew.
        watch.ticket = nil
        guard let sequence = watch.next, let base = configuration?.log?.base else { return }
        guard let before = watch.before else { return watchedBack(reading, at: sequence, base: base) }
        switch reading {
        case .failed: breakWatch(at: sequence)
        case .absent: endWatch()
        case .lost:
            guard has(.wholeSlots) else { return endWatch() }
            guard let own = record(sequence), own.follows(before) else { return breakWatch(at: sequence) }
            watchOn(after: own.mark)
        case .found(let record):
            guard record.follows(before) || !has(.wholeSlots) else { return breakWatch(at: sequence) }
            // Those that were there before say nothing of now.
            if watch.hasEnd, record.sequence > watch.last { heardAt = now }
            watch.last = max(watch.last, record.sequence)
            watchOn(after: record.mark)
        }
    }

    /// Looks for the last record that is both here and in its slot.
    private mutating func watchedBack(_ reading: Reading<Record>, at sequence: Int, base: Mark) {
        if case .failed = reading { return breakWatch(at: sequence) }
        if case .found(let record) = reading, record.epoch == history.epoch(at: sequence) {
            watch.last = max(watch.last, sequence)
            return watchOn(after: record.mark)
        }
        let shared = shared(from: base)
        if sequence - 1 <= shared.sequence { (watch.next, watch.before) = (shared.sequence + 1, shared) } else { watch.next = sequence - 1 }
        readWatched()
    }

    /// What the own log and the slots have in common for certain: all up to where they begin, and all that is known to count.
    func shared(from base: Mark) -> Mark { has(.wholeSlots) && committed.sequence > base.sequence ? committed : base }

    private mutating func watchOn(after mark: Mark) {
        (watch.next, watch.before, watch.isWhole) = (mark.sequence + 1, mark, false)
        readWatched()
    }

    private mutating func endWatch() {
        (watch.hasEnd, watch.isWhole, watch.broken) = (true, true, nil)
        // Nothing is known of slots that one's own log goes beyond.
        if let next = watch.next, next <= top.sequence { watch.next = nil }
        considerLeading()
    }

    private mutating func breakWatch(at sequence: Int) { (watch.isWhole, watch.broken) = (false, sequence) }
}
