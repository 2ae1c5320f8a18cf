/// A new leader in mode log and the slots: back to where both are equal, then forward to the last slot.
extension Node {
    enum Reconciliation: Sendable {
        case back
        /// The record to be looked at, and the one before it.
        case forward(Int, after: Mark)
    }

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
            leading.reconciling = .forward(sequence, after: base)
            reconcile(reading, at: sequence)
        case .forward(_, let before):
            reconcileForward(found, at: sequence, after: before)
        }
    }

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
