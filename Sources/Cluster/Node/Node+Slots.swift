/// Mode log: one record after the other goes to a slot of its own, created and never replaced.
///
/// One call at a time: the next record is put when the last one is known to be in its slot, so that a new leader's fence can meet an overtaken leader in one
/// place only. A put without an answer is made again; where the slot is taken it is read, and the record there says by whom.
extension Node {
    /// The call that is under way, or is to be made again.
    struct SlotCall: Sendable {
        enum Kind: Equatable, Sendable { case put, read }

        var kind: Kind
        /// As it was when the call was first made: a call that is made again keeps it.
        var generation: Int
        var sequence: Int
        /// 0: to be asked again at the next tick.
        var ticket: Int
    }

    /// Slots are those of the object, or while sealing those of the own epoch.
    private var generation: Int { leading.sealing == nil ? configuration?.log?.generation ?? epoch : epoch }

    /// Puts the first record that is in no slot yet, if none is under way.
    mutating func putNext() {
        guard leading.slot == nil, leading.nextSlot <= top.sequence, configuration?.mode == .log else { return }
        call(.put, leading.nextSlot)
    }

    /// Goes on with sealing: puts what only this disk may have, one record at a time, and then swaps to mode log, with the last record that counts as the base
    /// before those slots. Until that swap the slots are in no object: an attempt that is broken off leaves keys that nobody reads.
    mutating func seal() {
        guard let sealing = leading.sealing, swap == nil, leading.slot == nil, let configuration else { return }
        if sealing.next <= sealing.last { return call(.put, sealing.next) }
        let base = has(.sealing) ? committed : record(sealing.last)?.mark ?? (top.sequence == sealing.last ? top : committed)
        leading.nextSlot = sealing.next
        let name = settings.name
        begin(.toLog) {
            ($0.mode, $0.insync) = (.log, [name])
            $0.log = Configuration.LogStart(generation: configuration.epoch, base: base)
        }
    }

    /// Asks for a slot; the answer bears the ticket.
    mutating func call(_ kind: SlotCall.Kind, _ sequence: Int) {
        let ticket = newTicket()
        let call = SlotCall(kind: kind, generation: leading.slot?.generation ?? generation, sequence: sequence, ticket: ticket)
        if kind == .put {
            guard let record = record(sequence) else { return end(.diverged) }
            effects.append(.putSlot(generation: call.generation, record, isCreation: has(.createOnly), ticket: ticket))
        } else {
            effects.append(.readSlot(generation: call.generation, sequence: sequence, ticket: ticket))
        }
        leading.slot = call
    }

    /// Makes the call again whose answer said nothing.
    mutating func tickSlots() {
        guard let slot = leading.slot, slot.ticket == 0 else { return }
        call(slot.kind, slot.sequence)
    }

    /// What came of a put. `.conflict` may be this very put, sent twice on its way: the slot is read.
    mutating func slotPut(_ result: Writing, ticket: Int) {
        guard role == .leader, let slot = leading.slot, slot.kind == .put, slot.ticket == ticket else { return }
        switch result {
        case .done: slotHolds(slot)
        case .again, .unknown: leading.slot?.ticket = 0
        case .conflict: call(.read, slot.sequence)
        }
    }

    /// The slot has this node's record: that is the other place in which it counts.
    private mutating func slotHolds(_ slot: SlotCall) {
        leading.slot = nil
        if leading.reconciling != nil { return reconciled(slot.sequence) }
        if leading.sealing != nil {
            leading.sealing?.next = slot.sequence + 1
            leading.remote = max(leading.remote, slot.sequence)
        } else {
            leading.nextSlot = slot.sequence + 1
            leading.remote = max(leading.remote, slot.sequence)
            leading.putAt = now
        }
    }

    /// What a slot has, for whoever asked: one that looks without leading, the reconciliation, or a put that was in conflict.
    mutating func slotRead(_ reading: Reading<Record>, ticket: Int) {
        if role != .leader { return watched(reading, ticket: ticket) }
        guard let slot = leading.slot, slot.kind == .read, slot.ticket == ticket else { return }
        if case .failed = reading {
            leading.slot?.ticket = 0
            return
        }
        if leading.reconciling != nil {
            leading.slot = nil
            return reconcile(reading, at: slot.sequence)
        }
        // Who was there before this node's put?
        guard case .found(let found) = reading else {
            // Nothing, after a put was refused: it is put again at the next tick.
            leading.slot = SlotCall(kind: .put, generation: slot.generation, sequence: slot.sequence, ticket: 0)
            return
        }
        if found.hash == record(slot.sequence)?.hash || !has(.replay) { return slotHolds(slot) }
        // The overtaken leader was quicker than this one's fence: its record stands, and the fence comes after it.
        if found.epoch < epoch, leading.fence == slot.sequence, top.sequence == slot.sequence, written < slot.sequence {
            leading.slot = nil
            leading.fence = nil
            cut(to: slot.sequence - 1, mark: record(slot.sequence - 1)?.mark ?? synced)
            leading.reconciling = .forward(slot.sequence, after: top)
            return reconcile(reading, at: slot.sequence)
        }
        end(.fenced)
    }
}
