internal import ColumnStore
package import Documents
internal import Processes
import Synchronization

/// Calls to registrars and clients and from them: callbacks, dead letters, and the process that does the calling.
extension Engine: Callbacks, DeadLetterReview {
    /// Begins to call registrars and webhooks. Only a server does: a command on a directory leaves it to the next one.
    ///
    /// - Parameter callbackBase: the URL under which registrars reach this server.
    package func startRegistration(callbackBase: String) throws {
        let registration = Registration(
            options: options.registration, tier: tier, catalog: catalog, usage: usage.meter, clock: options.hot.clock, steady: options.steadyClock, callbackBase: callbackBase)
        // Known to others only when it runs.
        try registration.start()
        self.registration.withLock { $0 = registration }
        uploads.notices.start(policy: options.registration.policy, steady: options.steadyClock)
    }

    // MARK: Registrars that are not configured

    /// Registrars that the configuration does not have, though types name them or receipts wait for them, with what names them: such
    /// receipts stand still until they expire. Of a server only: a command on a directory calls nobody.
    package var missingRegistrars: [(name: String, reason: String)] {
        guard let registration = registration.withLock({ $0 }) else { return [] }
        // Names that receipts wait for, and names in the types in force: either may be without the other.
        let waiting = registration.missing
        var types: [String: [String]] = [:]
        for type in self.types.registry.snapshot.types {
            for name in Set(type.register.joined()) where options.registration.registrars[name] == nil { types[name, default: []].append(type.name) }
        }
        return waiting.union(types.keys).sorted().map { name in
            var reasons = types[name].map { ["named by \($0.count == 1 ? "the type" : "the types") \($0.sorted().joined(separator: ", "))"] } ?? []
            if waiting.contains(name) { reasons.append("receipts wait for it") }
            return (name, reasons.joined(separator: "; "))
        }
    }

    /// What an operator should look after, in words; empty while all is well.
    ///
    /// From all parts that go on with less: the disk, registrars, damaged files, the warehouse, the log, subscriptions.
    package var degradations: [String] {
        let registrars = missingRegistrars.map { "the registrar \($0.name) is not configured: \($0.reason)" }
        let disk = room.text.map { [$0] } ?? []
        return disk + registrars + compactor.cold.damage.texts + unreadTexts + compactor.hotDamageTexts + compactor.warehouseTexts + (log?.texts ?? []) + topicStore.texts
    }

    /// Tables that stay shut though nothing of them is damaged any more: the index of versions is made at a start alone.
    private var unreadTexts: [String] {
        tier.boundary.snapshot().unreadVersions.values.filter { !compactor.cold.damage.has($0.location) }.map {
            "not all versions of the table \($0.table) could be read at the start, and can be now: restart the server"
        }.sorted()
    }

    /// What a ticket says of a step that nobody does.
    func explain(_ steps: [TicketStep]) -> [TicketStep] {
        guard registration.withLock({ $0 }) != nil else { return steps }
        // Steps that are done need no word.
        let open = Set([StepState.waiting, .pending, .sent, .inProgress].map(\.text))
        return steps.map { step in
            guard open.contains(step.state), options.registration.registrars[step.name] == nil else { return step }
            var step = step
            step.detail = "the registrar \(step.name) is not configured on this server: the step waits for it until it expires"
            return step
        }
    }

    // MARK: Callbacks

    /// - Parameter completion: called once: with success too where the outcome was known already; contradicting-outcome where it was another.
    package func callback(_ callback: RegistrarCallback, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
        do {
            try checkSignature(callback)
            // A body that names a task is an execution's; all others are of tickets.
            if executions.take(callback, completion) { return }
            let (ticketID, outcome) = try Self.read(callback)
            try settle(ticketID, callback.registrar, outcome, completion)
        } catch {
            completion(.failure(Intake.problem(error)))
        }
    }

    /// Who cannot sign learns nothing, not even which registrars there are; and an unknown one takes as long as a known.
    private func checkSignature(_ callback: RegistrarCallback) throws {
        let registrar = options.registration.registrars[callback.registrar]
        let now = options.hot.clock.now()
        let verdict = WebhookSignature.verify(
            id: callback.webhookID, timestamp: callback.timestamp, signature: callback.signature, body: callback.body,
            secrets: registrar?.secrets(at: now) ?? Self.nobody, nowSeconds: now / 1_000_000)
        guard registrar != nil, verdict == .valid else {
            throw Fault(
                .badSignature, "the call bears no valid signature of a registrar of this name",
                cause: registrar == nil ? "no registrar is configured under this name" : Self.text(verdict))
        }
    }

    /// For the log alone.
    private static func text(_ verdict: WebhookSignature.Verdict) -> String {
        switch verdict {
        case .valid: "valid"
        case .noTime: "webhook-timestamp is no whole number of seconds"
        case .wrongTime(let behind):
            "rightly signed, but webhook-timestamp is \(behind.magnitude) s \(behind > 0 ? "behind" : "ahead of") this clock; \(WebhookSignature.toleranceSeconds) s are allowed"
        case .wrongSignature: "no signature in webhook-signature was made with the registrar's secret over this id, time stamp and body"
        }
    }

    /// What an unknown registrar's signature is held against, so that it takes as long.
    private static let nobody = [WebhookSecret("nobody's")].compactMap { $0 }

    /// - Throws: bad-parameter for a body without a ticket or an outcome; what is wrong with it as JSON.
    private static func read(_ callback: RegistrarCallback) throws -> (ticketID: String, outcome: StepOutcome) {
        do {
            return try JSONReader().read(callback.body) { tape in
                guard let ticketID = ReceiptHistory.string("ticket_id", 0, tape) else {
                    throw Fault(
                        .badParameter, "a callback names its ticket",
                        errors: [.init(pointer: "/ticket_id", code: "required", message: "the ticket's id is wanted")])
                }
                guard let outcome = RegistrarCall.outcome(tape) else {
                    throw Fault(
                        .badParameter, "a callback says what became of the ticket",
                        errors: [.init(pointer: "/outcome", code: "enum", message: "accepted or rejected is wanted")])
                }
                return (ticketID, outcome)
            }
        } catch let error as DocumentError {
            throw Fault(error)
        }
    }

    /// A receipt is hot as long as a step of it is open, so only hot ones change.
    ///
    /// - Parameter isLast: what it finds is not looked at again.
    private func settle(
        _ ticketID: String, _ registrar: String, _ outcome: StepOutcome, isLast: Bool = false, _ completion: @escaping @Sendable (Result<Void, Fault>) -> Void
    ) throws {
        let absent = Fault(.notFound, "the registrar \(registrar) has nothing to do with a ticket \(ticketID)")
        guard let ticket = ULID(ticketID) else { throw absent }
        let contradiction = Fault(.contradictingOutcome, "the ticket \(ticketID) was decided otherwise")
        let snapshot = tier.boundary.snapshot()
        // Newest first: most callbacks come soon after their receipts.
        for file in snapshot.files.reversed() {
            guard let found = try file.find(ticket: ticket) else { continue }
            // A ticket is in one file only.
            guard let step = try file.step(named: registrar, row: found.row) else { throw absent }
            let note = HistoryNote("callback: \(outcome.isAccepted ? "accepted" : "rejected")") { json in
                json.member("name", registrar)
                json.member("reference", outcome.reference)
            }
            var action = ProcessChange.Action.outcome(step: step.id, outcome, note)
            var claim: ProcessChange.Claim?
            if step.state.isDead, outcome.isAccepted {
                // The client may have sent another document in its place, which then stands.
                do { claim = try self.claim(of: found.row, in: file) } catch let problem as Fault where problem.code == .differentDocument {
                    throw Fault(.contradictingOutcome, "the receipt failed before this came, and \(problem.detail)")
                }
                action = .lateAcceptance(step: step.id, outcome, note)
            }
            return tier.writer.submit(
                ProcessChange(file: file, action: action, claim: claim) { [self, isLast = isLast || !step.state.isOpen] result in
                    switch result {
                    case .success(.applied), .success(.repeated): completion(.success(()))
                    // The step may have been given up between the look and the change: an acceptance is heard all the same.
                    case .success(.contradicting) where outcome.isAccepted && !isLast:
                        do { try settle(ticketID, registrar, outcome, isLast: true, completion) } catch {
                            completion(.failure(error as? Fault ?? contradiction))
                        }
                    case .success(.contradicting): completion(.failure(contradiction))
                    case .success(.unknown): completion(.failure(absent))
                    case .failure(let problem): completion(.failure(problem))
                    }
                })
        }
        // From cold it is only known what became of it.
        guard let (_, history) = try reader.coldTicket(ticket, snapshot), let step = history.steps.first(where: { $0.name.hasSameBytes(as: registrar) })
        else { throw absent }
        // A step that another's rejection cancelled was never decided by this registrar: nothing that it says contradicts that.
        let isSame = step.state == StepState.cancelled.text || (step.state == StepState.accepted.text) == outcome.isAccepted
        completion(isSame ? .success(()) : .failure(contradiction))
    }

    // MARK: Dead letters

    package func deadLetters(
        client: String?, cursor: String?, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (letters: [DeadLetter], nextCursor: String?) {
        try reader.deadLetters(client: client, cursor: cursor, limit: limit, as: principal, hold: hold)
    }

    package func deadLetter(_ id: String, as principal: Principal) throws -> DeadLetter? { try reader.deadLetter(id, as: principal) }

    /// Waits for the writer, thirty seconds at most.
    ///
    /// - Throws: read-only, not-found, different-document where another receipt has the identity by now, contradicting-outcome, overloaded.
    package func redrive(_ id: String, as principal: Principal) throws {
        let absent = Fault(.notFound, "there is no dead letter \(id), or its receipt is in cold and it can be tried no more")
        guard principal.access == .readWrite else {
            throw Fault(.readOnly, "this key may read only; a contract with access read-write may try a dead letter again")
        }
        guard let key = DeadLetterKey(id) else {
            guard try catalog.deadNotice(id, of: principal.rows) != nil, try catalog.revive(notice: id, at: options.hot.clock.now()) else { throw absent }
            return uploads.notices.wake()
        }
        guard let file = tier.boundary.snapshot().files.first(where: { ($0.day, $0.part) == (key.day, key.part) }) else { throw absent }
        // A page of one behind the key before it is the letter itself, if it is there.
        let before = DeadLetterKey(day: key.day, part: key.part, isStep: key.isStep, number: key.number - 1)
        guard let letter = try file.deadLetters(after: before, of: .all, limit: 1).first, letter.key == key,
            principal.rows.includes(letter.letter.clientID)
        else { throw absent }
        // A step takes up its receipt again, which must then have its identity; a webhook's event changes no state.
        let claim = try key.isStep ? self.claim(of: ProcessKey.row(ofStep: key.number), in: file) : nil
        let done = Monitor<Result<ProcessResult, Fault>?>(nil)
        tier.writer.submit(
            ProcessChange(file: file, action: key.isStep ? .redriveStep(key.number) : .redriveEvent(key.number), claim: claim) { result in
                done.broadcast { $0 = result }
            })
        guard let result = done.wait(nanoseconds: Self.writerWaitNanoseconds, { $0 }) else {
            throw Fault(.overloaded, "the disk takes long to write: whether it is tried again is seen in the list of dead letters")
        }
        switch try result.get() {
        case .applied: return
        case .contradicting:
            // Another receipt may have come between the look and the change.
            if claim != nil { _ = try self.claim(of: ProcessKey.row(ofStep: key.number), in: file) }
            throw Fault(.contradictingOutcome, "another registrar has rejected the receipt meanwhile: it stays FAILED, and its dead letter can only be deleted")
        case .repeated, .unknown: throw absent
        }
    }

    /// Somebody waits on a connection.
    private static let writerWaitNanoseconds: UInt64 = 30_000_000_000

    /// The identity that a receipt would take up again: a FAILED one does not hold it, and where another has it, this one stays history.
    ///
    /// - Returns: nil where versions share it: what came later stays the newest.
    /// - Throws: different-document.
    private func claim(of row: Int64, in file: HotFile) throws -> ProcessChange.Claim? {
        guard let receipt = try file.receipt(row: row), TableName.kind(of: receipt.table).holder == .rows else { return nil }
        let identity = receipt.identity
        let snapshot = tier.boundary.snapshot()
        if let holder = try HotTier.find(identity, in: snapshot) ?? ColdLookup.find(identity, in: snapshot) {
            throw Fault(.differentDocument, "the receipt was replaced by the ticket \(holder.summary.ticketID)")
        }
        return ProcessChange.Claim(identity: identity, ticketID: receipt.summary.ticketID, generation: snapshot.generation)
    }
}

/// Dead letters that an administrator deletes: what was given up is listed no more. Its receipt, step and history stay.
extension Engine {
    /// - Throws: not-found where there is none of that id.
    package func deleteDeadLetter(_ id: String) throws {
        let absent = Fault.absent(.deadLetter(id))
        guard try delete([id]) == 1 else { throw absent }
    }

    /// Page by page; letters that come meanwhile may or may not be among them.
    ///
    /// - Returns: how many are gone; `hasMore` where `DeletionFilter.countMax` ended it.
    package func deleteDeadLetters(_ filter: DeletionFilter) throws -> DeletionSummary {
        var summary = DeletionSummary(count: 0, hasMore: false)
        var cursor: String?
        repeat {
            let page = try deadLetters(client: filter.client, cursor: cursor, limit: Self.deadLetterPageCount, as: .admin)
            summary.count += try delete(page.letters.filter { $0.at < filter.before ?? .max }.map(\.id))
            cursor = page.nextCursor
        } while cursor != nil && summary.count < DeletionFilter.countMax
        summary.hasMore = cursor != nil
        return summary
    }

    private static let deadLetterPageCount = 1_000

    /// - Returns: how many there were.
    private func delete(_ ids: [String]) throws -> Int {
        let keys = ids.compactMap { DeadLetterKey($0) }
        let noticeCount = try catalog.deleteDeadNotices(ids.filter { DeadLetterKey($0) == nil })
        let files = tier.boundary.snapshot().files
        var deleted = try catalog.deleteDeadLetters(keys.map(\.description))
        let results = Monitor<[(id: String, result: Result<ProcessResult, Fault>)]>([])
        var sentCount = 0
        // All are handed in before one is waited for: they are committed in a few groups.
        for key in keys {
            guard let file = files.first(where: { ($0.day, $0.part) == (key.day, key.part) }) else { continue }
            sentCount += 1
            tier.writer.submit(
                ProcessChange(file: file, action: key.isStep ? .forgetStep(key.number) : .forgetEvent(key.number)) { result in
                    results.broadcast { $0.append((key.description, result)) }
                })
        }
        let count = sentCount
        let outcomes = results.wait { $0.count == count ? $0 : nil }
        // One of a hot file may stand in the catalog, too: it is one.
        for outcome in outcomes where try outcome.result.get() == .applied { deleted.insert(outcome.id) }
        return deleted.count + noticeCount
    }
}
