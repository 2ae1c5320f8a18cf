internal import ColumnStore
internal import Ingest

/// One connection from its first byte to its last, on a thread of its own: who it is, then message after message.
final class PostgresConnection {
    /// Waits, in seconds.
    struct Deadlines {
        /// For all that comes before a session.
        var startup = 30.0
        /// For the rest of a message that has begun, and a second more for each `byteRate` bytes of it that have come.
        var message = 60.0
        var byteRate = 4_096.0
    }

    /// What all connections of a door share.
    struct Shared: Sendable {
        let context: DoorContext
        let passwords: PasswordCheck.Store
        let places: ConnectionPlaces
        let queries: QueryPlaces
        let cancels: CancelKeys
        let certificates: PostgresCertificates?
        let watcher: HangupWatcher
        let deadlines: Deadlines
        let database: String
        let openedAt = CalendarText.now
    }

    private static let negotiationsMax = 3
    /// As PostgreSQL 15 spells its one version.
    private static let protocolVersion: Int32 = 196_608

    private let shared: Shared
    private let channel: ByteChannel
    private let peer: PeerAddress?
    private let number: Int
    private let interruption: Interruption
    private var decoder: FrontendDecoder
    private let charges: ConnectionCharge
    private let output: AnswerOutput
    private let kept: KeptOutput
    /// Of the message that has begun and is not whole.
    private var clock = MessageClock()
    /// By which its client may ask for the end of what it is at, once it has a key for that.
    private var processID: Int32?

    init(_ shared: Shared, socket: Int32, peer: PeerAddress?, number: Int, _ interruption: Interruption) {
        (self.shared, self.peer, self.number, self.interruption) = (shared, peer, number, interruption)
        let channel = ByteChannel(socket: socket)
        self.channel = channel
        decoder = FrontendDecoder(limits: .init(large: shared.context.limits.body))
        let kept = KeptOutput(shared.context.store.life)
        self.kept = kept
        let charges = ConnectionCharge { [context = shared.context] in context.giveBackMemorySoon() }
        self.charges = charges
        output = AnswerOutput(
            send: {
                try kept.wait()
                try channel.write($0)
            }, charge: { try charges.hold(answer: $0) })
        channel.patience.isCrowded = { [queries = shared.context.queries] in queries.hasWaiting }
        // A statement that is to end does so between two messages: half of one is none.
        channel.patience.isOver = { [interruption] in interruption.endsConnection }
    }

    // MARK: The whole

    func run() {
        do {
            // Before its last words, whichever of its writes was the last.
            defer { if let processID { shared.cancels.remove(processID) } }
            // A request to cancel ends as an answer does: over TLS a client waits for its close, and takes a mere end for a failure.
            if let startup = try startup() { try serve(try begin(startup)) }
        } catch let fault as PostgresFault {
            last(fault)
        } catch let end as ByteChannel.End {
            if end == .late { last(PostgresFault(.protocolViolation, "canceling authentication due to timeout", severity: .fatal)) }
        } catch {
            last(FaultStates.fault(error))
        }
        channel.finish()
    }

    /// The last words: that they arrive nobody can promise.
    private func last(_ fault: PostgresFault) {
        kept.isWanted = false
        var fault = fault
        fault.severity = .fatal
        do {
            try output.write(.error(fault))
            try output.flush()
        } catch { return }
    }

    // MARK: Before a session

    private struct Beginning {
        let startup: StartupMessage.Startup
        let deadline: Double
    }

    /// Nil where there is nothing more to do: a cancel request, or a client that only wanted to know.
    private func startup() throws -> Beginning? {
        let deadline = SteadyClock.seconds() + shared.deadlines.startup
        if shared.certificates != nil, try channel.peek(until: deadline) == 0x16 { try beginTLS(deadline) }
        for _ in 0...Self.negotiationsMax {
            switch try nextStartup(deadline) {
            case .gssEncryption:
                try output.withWriter { $0.encryption(isAccepted: false) }
                try output.flush()
            case .encryption:
                guard !channel.isEncrypted else { throw PostgresFault.framing("SSL is established already") }
                try output.withWriter { $0.encryption(isAccepted: shared.certificates != nil) }
                try output.flush()
                if shared.certificates != nil { try beginTLS(deadline) }
            case .cancel(let processID, let key):
                shared.cancels.cancel(processID, key: key)
                return nil
            case .start(let startup): return Beginning(startup: startup, deadline: deadline)
            }
        }
        throw PostgresFault.framing("too many requests for encryption")
    }

    private func beginTLS(_ deadline: Double) throws {
        // What came in clear before was sent by nobody knows whom.
        decoder.forget()
        guard let identity = shared.certificates?.current else { throw ByteChannel.End.closed }
        try channel.beginTLS(identity, until: deadline)
    }

    private func nextStartup(_ deadline: Double) throws -> StartupMessage {
        while true {
            if let message = try decoder.nextStartup() { return message }
            decoder.append(try channel.read(until: deadline))
        }
    }

    private func nextPassword(_ deadline: Double) throws -> [UInt8] {
        while true {
            switch try decoder.next() {
            case .password(let bytes)?: return bytes
            case .terminate?: throw ByteChannel.End.closed
            case .some: throw PostgresFault.framing("a password is expected")
            case nil: decoder.append(try channel.read(until: deadline))
            }
        }
    }

    private func send(_ message: BackendMessage) throws {
        try output.write(message)
        try output.flush()
    }

    // MARK: Who it is

    /// A session that may ask.
    private struct Admitted {
        let session: PostgresSession
        let questions: Questions
        let principal: Principal
    }

    private func begin(_ beginning: Beginning) throws -> Admitted {
        let startup = beginning.startup
        if startup.minorVersion > 0 || !startup.unknownOptions.isEmpty {
            try output.write(.negotiateVersion(newestMinor: Self.protocolVersion, unknownOptions: startup.unknownOptions))
        }
        guard let user = startup["user"], !user.isEmpty else {
            throw PostgresFault(.invalidAuthorization, "no PostgreSQL user name specified in startup packet", severity: .fatal)
        }
        guard channel.isEncrypted || peer?.isLoopback ?? false else {
            throw PostgresFault(.invalidAuthorization, "connections from elsewhere must be encrypted", severity: .fatal, hint: "Connect with sslmode=require.")
        }
        let options = try StartupOptions.parameters(startup["options"] ?? "")
        let asked = (options + startup.parameters).last { $0.name == "till.auth" }?.value
        decoder.phase = .authentication
        let proof = try prove(user, asked: asked, beginning.deadline)
        let authorizer = shared.passwords.authorizer
        let principal: Principal
        do {
            // No request yet: a contract of one a second asks its first question next.
            principal = try PasswordCheck.present(proof, user: user, authorizer, mayWait: true)
            try shared.context.admission.enter(.init(principal: principal), charge: &charges.charge)
        } catch {
            refused(user, error)
            throw error
        }
        guard shared.places.admitted(number, principal.identity) else {
            let fault = PostgresFault(.tooManyConnections, "too many connections of this contract: \(shared.places.limits.ofContract)", severity: .fatal, hint: "Close those that are not needed, or share them by a pool.")
            refused(user, fault)
            throw fault
        }
        guard startup["database"] ?? shared.database == shared.database else {
            throw PostgresFault(.invalidCatalogName, "database \"\(startup["database"] ?? "")\" does not exist", severity: .fatal, hint: "There is one: \(shared.database).")
        }
        guard ["", "false", "off", "no", "0"].contains(startup["replication"] ?? "") else {
            throw PostgresFault(.featureNotSupported, "replication is not supported", severity: .fatal)
        }
        let settings = try SessionSettings(options + startup.parameters, user: user, offersTLS: shared.certificates != nil)
        return try admit(settings, proof, user, principal)
    }

    private func prove(_ user: String, asked: String?, _ deadline: Double) throws -> PasswordCheck.Proof {
        let check = PasswordCheck(shared.passwords, user: user, isEncrypted: channel.isEncrypted)
        do {
            guard try check.way(asked: asked) == .proved else {
                try send(.authenticationPassword)
                return try check.proof(said: nextPassword(deadline))
            }
            var scram = try check.scram(binding: channel.binding)
            try send(.authenticationMechanisms(Scram.mechanisms(isEncrypted: channel.isEncrypted)))
            while true {
                switch try scram.step(nextPassword(deadline)) {
                case .challenge(let data): try send(.authenticationContinue(data))
                case .accepted(let data, let secret):
                    try output.write(.authenticationFinal(data))
                    return check.proof(ofSecret: secret)
                }
            }
        } catch let fault as PostgresFault {
            refused(user, fault)
            throw fault.state == .invalidPassword ? check.failed : fault
        }
    }

    private func refused(_ user: String, _ error: any Error) {
        let fault = FaultStates.fault(error)
        shared.context.log.warning(
            "postgres login refused", ["user": .text(String(user.prefix(200))), "client_address": .text(peer?.description ?? "?"), "sqlstate": .text(fault.state.rawValue), "reason": .text(fault.message)])
    }

    private func admit(_ settings: SessionSettings, _ proof: PasswordCheck.Proof, _ user: String, _ principal: Principal) throws -> Admitted {
        let authorizer = shared.passwords.authorizer
        let (watcher, socket, places) = (shared.watcher, channel.socket, shared.places)
        let (processID, key) = try shared.cancels.add(interruption)
        self.processID = processID
        let asker = Questions.Asker(
            admit: { try PasswordCheck.principal(proof, user: user, authorizer) },
            present: { try PasswordCheck.present(proof, user: user, authorizer) },
            owner: charges.charge.account ?? charges,
            whenGone: { action in
                guard let action else { return watcher.forget(socket) }
                // A stop ends reading on every socket, which looks as if its client had gone: what runs has its grace all the same, and hears why it ends.
                watcher.watch(socket) { if !places.isStopping { action() } }
            },
            session: SystemSession(user: user, database: shared.database, processID: processID, isEncrypted: channel.isEncrypted, serverBeganAt: shared.openedAt))
        // From here on what is said comes from the store.
        kept.isWanted = true
        let plans = KeptPlans { [charges] in charges.hold(plans: $0) }
        let questions = Questions(
            shared.context.queries, shared.queries, asker, interruption, settings: settings, output: output, plans: plans, timers: shared.context.life.timers)
        try output.write(.authenticationOk)
        for (name, value) in settings.reported { try output.write(.parameterStatus(name: name, value: value)) }
        try output.write(.keyData(processID: processID, key: key))
        try output.write(.readyForQuery(.idle))
        try output.flush()
        decoder.phase = .session
        shared.context.log.debug("postgres session", ["user": .text(user), "client_address": .text(peer?.description ?? "?"), "encrypted": .flag(channel.isEncrypted)])
        let session = PostgresSession(settings, hold: { [charges] (byteCount) throws(PostgresFault) in try charges.hold(session: byteCount) }, clock: { CalendarText.now })
        return Admitted(session: session, questions: questions, principal: principal)
    }

    // MARK: The session

    private func serve(_ admitted: Admitted) throws {
        var session = admitted.session
        let questions = admitted.questions
        defer { questions.closeAll() }
        while let input = try nextInput(session) {
            if !interruption.isBusy { interruption.begin() }
            questions.changes.came(at: CalendarText.now)
            let goesOn = try perform(input, &session, questions)
            guard goesOn else { return try output.flush() }
        }
    }

    /// The next message; nil at the end of the connection.
    private func nextInput(_ session: PostgresSession) throws -> SessionInput? {
        while true {
            do throws(PostgresFault) {
                if let message = try decoder.next() { return .message(message) }
            } catch {
                guard error.severity != .fatal else { return .malformed(error) }
                return decoder.isAtSync ? .malformedSync(error) : decoder.isAtQuery ? .malformedQuery(error) : .malformed(error)
            }
            // Nothing is under way, and nothing more has come.
            if decoder.pendingCount == 0, !session.isInPipeline { interruption.end() }
            try rest()
            let bytes: [UInt8]
            do {
                bytes = try channel.read(until: deadline(session))
            } catch {
                return try ended(error, session)
            }
            // A buffer that grows has room for as much again.
            try charges.hold(request: max(decoder.heldByteCount, 2 * (decoder.pendingCount + bytes.count)))
            decoder.append(bytes)
        }
    }

    /// What is there goes out, and what is not needed is given back.
    private func rest() throws {
        // A client that waits for an answer has asked for it by Sync or Flush; one that sends more than we take must not wait for us forever either.
        if output.byteCount > 0, decoder.pendingCount == 0 { try output.flush() }
        output.rest()
        decoder.rest()
        if decoder.pendingCount == 0 { try charges.hold(request: 0) }
    }

    private func deadline(_ session: PostgresSession) -> Double? {
        let now = SteadyClock.seconds()
        if decoder.pendingCount > 0 {
            return clock.deadline(of: decoder.passedCount, byteCount: decoder.pendingCount, at: now, shared.deadlines)
        }
        let name = session.isInTransaction ? "idle_in_transaction_session_timeout" : "idle_session_timeout"
        guard let text = session.settings[name], let milliseconds = SettingValues.milliseconds(text), milliseconds > 0 else { return nil }
        return now + Double(milliseconds) / 1_000
    }

    private func ended(_ end: ByteChannel.End, _ session: PostgresSession) throws -> SessionInput? {
        if shared.places.isStopping { throw PostgresFault(.adminShutdown, "terminating connection due to administrator command", severity: .fatal) }
        guard end == .late else { return nil }
        if decoder.pendingCount > 0 { throw PostgresFault.framing("a message did not come to its end in time") }
        throw session.isInTransaction
            ? PostgresFault(SQLState(rawValue: "25P03"), "terminating connection due to idle-in-transaction timeout", severity: .fatal)
            : PostgresFault(SQLState(rawValue: "57P05"), "terminating connection due to idle-session timeout", severity: .fatal)
    }

    /// - Returns: false when the connection is over.
    private func perform(_ input: SessionInput, _ session: inout PostgresSession, _ questions: Questions) throws -> Bool {
        var next: SessionInput? = input
        while let input = next {
            next = nil
            let effects = session.step(input)
            // What is asked for is the last of them: commands before it in the same message are done by now, and it is asked under what they have set.
            (questions.settings, questions.keepsState) = (session.settings, session.isInTransaction)
            for effect in effects {
                switch effect {
                case .send(let message):
                    try output.write(message)
                    // A statement is over: what is asked to end from here on is the next one.
                    if case .readyForQuery = message { interruption.end() }
                case .flush: try output.flush()
                case .prepare(let wanted): next = .prepared(questions.holding(session.holdings) { questions.prepare(wanted) })
                case .open(let wanted): next = .opened(questions.holding(session.holdings) { questions.open(wanted) })
                case .run(let wanted):
                    let outcome = questions.holding(session.holdings) { questions.run(wanted) }
                    session.take(questions.changes.take())
                    next = .ran(outcome)
                case .goOn: next = .goesOn
                case .beginTransaction: break
                case .endTransaction: questions.endTransaction()
                case .forgetStatement(let number): questions.forget(statement: number)
                case .closePortal(let number): questions.close(portal: number)
                case .end: return false
                }
            }
        }
        return true
    }
}
