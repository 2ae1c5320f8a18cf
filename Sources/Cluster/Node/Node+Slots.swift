/// Mode log: one record after the other goes to a slot of its own, created and never replaced.
extension Node {
    struct SlotCall: Sendable {
        enum Kind: Equatable, Sendable { case put, read }

        var kind: Kind
        var generation: Int
        var sequence: Int
        /// 0: to be asked again at the next tick.
        var ticket: Int
    }

    /// Slots are those of the object, or while sealing those of the own epoch.
    private var generation: Int { leading.sealing == nil ? configuration?.log?.generation ?? epoch : epoch }

    mutating func putNext() {
        guard leading.slot == nil, leading.nextSlot <= top.sequence, configuration?.mode == .log else { return }
        call(.put, leading.nextSlot)
    }

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

    mutating func tickSlots() {
        guard let slot = leading.slot, slot.ticket == 0 else { return }
        call(slot.kind, slot.sequence)
    }

    mutating func slotPut(_ result: Writing, ticket: Int) {
        guard role == .leader, let slot = leading.slot, slot.kind == .put, slot.ticket == ticket else { return }
        switch result {
        case .done: slotHolds(slot)
        case .again, .unknown: leading.slot?.ticket = 0
        case .conflict: call(.read, slot.sequence)
        }
    }

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
