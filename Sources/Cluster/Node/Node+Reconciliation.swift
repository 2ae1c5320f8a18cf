/// A new leader in mode log and the slots: back to where both are equal, then forward to the last slot.
///
/// 1. Back from the last record here, slot by slot, to one whose record has the epoch that this log has there: both are equal up to it (`History`). At the
///    latest at the base, which both have.
/// 2. Forward from there. A slot with a record of another epoch: this log is cut before it and takes it over. An empty one: a record of this log that goes on
///    from what all have is put into it.
/// 3. The first empty slot behind this log is the end: there the fence goes, and serving begins when that counts.
extension Node {
    /// Which way it goes. One slot is read at a time.
    enum Reconciliation: Sendable {
        case back
        /// The record to be looked at, and the one before it.
        case forward(Int, after: Mark)
    }

    /// Begins it, as this node comes to lead in mode log.
    mutating func reconcile() {
        guard let base = configuration?.log.map({ shared(from: $0.base) }) else { return end(.diverged) }
        if top.sequence > base.sequence {
            leading.reconciling = .back
            call(.read, top.sequence)
        } else {
            leading.reconciling = .forward(top.sequence + 1, after: top)
            call(.read, top.sequence + 1)
        }
    }

    /// Goes on with what a slot has. What could not be read does not come here: it is asked again.
    mutating func reconcile(_ reading: Reading<Record>, at sequence: Int) {
        guard let base = configuration?.log.map({ shared(from: $0.base) }), let phase = leading.reconciling else { return }
        var found: Record?
        if case .found(let record) = reading { found = record }
        if case .lost = reading, has(.wholeSlots), case .forward(_, let before) = phase { return reconcileLost(at: sequence, after: before) }
        switch phase {
        case .back:
            if let found, found.epoch == history.epoch(at: sequence) {
                leading.reconciling = .forward(sequence + 1, after: found.mark)
                return call(.read, sequence + 1)
            }
            guard sequence - 1 <= base.sequence else { return call(.read, sequence - 1) }
            // Nothing in common above the base: what was just read is the first one forward.
            leading.reconciling = .forward(sequence, after: base)
            reconcile(reading, at: sequence)
        case .forward(_, let before):
            reconcileForward(found, at: sequence, after: before)
        }
    }

    /// - Parameters:
    ///   - found: nil where the slot is empty.
    ///   - before: the record before that slot, which all have.
    private mutating func reconcileForward(_ found: Record?, at sequence: Int, after before: Mark) {
        guard let found else {
            if sequence <= top.sequence {
                // One's own, that came from a leader who did not get to put it. It goes on from what all have, so it may stay.
                if record(sequence) != nil { return call(.put, sequence) }
                cut(to: sequence - 1, mark: before)
                guard role == .leader else { return }
            }
            leading.reconciling = nil
            leading.remote = top.sequence
            leading.nextSlot = top.sequence + 1
            return makeFence()
        }
        // Somebody leads in a later epoch.
        if found.epoch > epoch { return end(.fenced) }
        if history.epoch(at: sequence) != found.epoch {
            if sequence <= top.sequence { cut(to: sequence - 1, mark: before) }
            guard role == .leader else { return }
            guard found.follows(before) else { return end(has(.wholeSlots) ? .brokenSlots(at: sequence) : .diverged) }
            push(found)
            write(through: found.sequence)
        }
        leading.reconciling = .forward(sequence + 1, after: found.mark)
        call(.read, sequence + 1)
    }

    /// One's own record may stand for what the slots have lost, where it goes on from what all have; that the next one goes on from it is seen then.
    private mutating func reconcileLost(at sequence: Int, after before: Mark) {
        guard let own = record(sequence), own.follows(before) else { return end(.brokenSlots(at: sequence)) }
        leading.reconciling = .forward(sequence + 1, after: own.mark)
        call(.read, sequence + 1)
    }

    /// One's own record is in its slot now.
    mutating func reconciled(_ sequence: Int) {
        guard let record = record(sequence) else { return end(.diverged) }
        leading.reconciling = .forward(sequence + 1, after: record.mark)
        call(.read, sequence + 1)
    }
}
