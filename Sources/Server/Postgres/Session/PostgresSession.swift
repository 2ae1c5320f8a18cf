// A session of PostgreSQL's protocol after authentication (PostgreSQL 15 documentation, 55.2): one input at a time, and what is to be done for it.

internal import ColumnStore

/// Statements, portals and the transaction of one connection, as a pure state machine: no socket, no store, and a clock only for what it shows.
///
/// 1. While `isWaiting` only the answer that is waited for may be put in.
/// 2. Each Query, Sync and FunctionCall is answered by exactly one ReadyForQuery, unless the connection ends.
/// 3. After an error in the extended protocol everything up to the next Sync is passed over.
/// 4. Portals end with their transaction; those of cursors WITH HOLD stay.
package struct PostgresSession {
    package struct Limits: Sendable {
        package var statements = 1_000
        package var portals = 100
        /// Of all statements that are kept.
        package var textBytes = 16 << 20
        package var savepoints = 1_000
        /// Of statements, values of portals, settings and savepoints together: the greatest message, and room beside it.
        package var heldBytes = 96 << 20

        package init() {}
    }

    struct Statement {
        var command: PostgresCommand
        var text: String
        /// What SQL's PREPARE came in; nil of one that Parse named.
        var said: String?
        /// Microseconds since 1970.
        var preparedAt: Int64 = 0
        /// The number of its question, where it has one.
        var question: Int?
        /// Of its question's text, where that is a text of its own beside `text`.
        var questionByteCount = 0
        var shape = SessionInput.Shape(parameterTypes: [], columns: [])
    }

    struct Portal {
        enum Source {
            /// Rows of an open question.
            case question(Int)
            case command
        }

        var command: PostgresCommand
        var source: Source
        var columns: [WireField]
        var formats: [WireFormat]
        /// The text that it is of, as the client sent it.
        var said = ""
        /// Microseconds since 1970.
        var openedAt: Int64 = 0
        var isBinary = false
        var isScrollable = false
        /// A cursor without SCROLL and NO SCROLL: it goes back while it has the rows (`RowWindow`).
        var isOpen = false
        /// WITH HOLD.
        var isHeld = false
        /// Held, and its own transaction is committed.
        var isKept = false
        var isDone = false
        /// Of a command that gave rows: it is said again, and no row is left.
        var doneTag: String?
        var isFailed = false
        /// What Bind gave for the parameters of a cursor's question, which is asked when DECLARE runs.
        var bound: BoundValues?
        /// How many savepoints there were when it was opened.
        var depth = 0
        /// Of the values that were bound, and of its question's text, where that is a text of its own beside `said`; once it is kept, of all that it is.
        var byteCount = 0
        /// What FETCH has still to go, whose Execute took some of its rows.
        var left: FetchDirection?
        /// Rows of SHOW that were given.
        var shownCount = 0
        /// What EXECUTE or EXPLAIN EXECUTE runs, whose Execute took some of its rows.
        var executed: Executed?
    }

    /// The rows of a prepared question, in a portal of their own.
    struct Executed {
        var command: PostgresCommand
        /// The number of that portal.
        var rows: Int
        var formats: [WireFormat]
    }

    /// An Execute that takes a part of the rows of what its portal's command runs.
    struct ExecutedPart {
        var portal: String
        /// 0: all that are left.
        var rowsMax: Int
    }

    struct BoundValues {
        var types: [UInt32]
        var formats: [WireFormat]
        var values: [[UInt8]?]

        /// In memory: as they came, and as a question's parameters.
        var byteCount: Int {
            var sum = 0
            for (index, value) in values.enumerated() {
                sum = sum.addingSaturating(PostgresSession.overhead)
                guard let value else { continue }
                // None for text throughout, one for all, or one each.
                let format = formats.count > 1 && index < formats.count ? formats[index] : formats.first ?? .text
                sum = sum.addingSaturating(ValueFootprint.byteCount(of: value, type: index < types.count ? types[index] : 0, format))
            }
            return sum
        }
    }

    struct Savepoint {
        var name: String
        var settings: SessionSettings
        var lasting: SessionSettings
        var byteCount: Int
    }

    /// A statement of a Query that is read and has not run. Its tokens are gone.
    struct Pending {
        var text: String
        /// In the whole message, in scalars.
        var start: Int
        var parameter: StatementScanner.Statement.Parameter?
        var command: PostgresCommand

        /// In memory, beside the message.
        var byteCount: Int { PostgresSession.overhead.addingSaturating(text.utf8.count).addingSaturating(command.heldByteCount) }
    }

    enum Block {
        case none
        /// A pipeline's or a Query's own, which ends with it.
        case implicit
        case explicit
        case failed
    }

    enum Waiting {
        case parse(FrontendMessage.Parse, Statement)
        case bind(FrontendMessage.Bind, Portal)
        case execute(String)
        /// In a Query message.
        case prepareQuery(Statement)
        case openQuery(Statement)
        case runQuery(Statement)
        /// The statements behind those whose rows were enough for a step.
        case rest
        /// PREPARE, DECLARE, EXECUTE, FETCH and COPY, in either protocol; what comes then is in `afterCommand`.
        case command(CommandStep)
    }

    package internal(set) var settings: SessionSettings
    let limits: Limits
    var statements: NamedValues<Statement> = [:]
    /// Cursors are portals, and SQL's prepared statements are Parse's.
    var portals: NamedValues<Portal> = [:]
    /// The one whose command runs: it cannot close itself.
    var activePortal: String?
    var block = Block.none
    var savepoints: [Savepoint] = []
    /// Without what SET LOCAL said: what holds when the transaction is committed.
    var lasting: SessionSettings
    var settingsAtBegin: SessionSettings?
    /// A statement of the transaction at hand has looked at a state: its level stays what it is.
    var hasLooked = false
    /// As they were last reported to the client.
    var reportedSettings: SessionSettings
    var isSkipping = false
    var waiting: Waiting?
    /// The rest of a Query message.
    var pending: [Pending]?
    /// The Query message at hand.
    var message: String?
    /// A Query of several statements is a block by itself.
    var isMultiple = false
    /// The columns of its statement, once that has taken the unnamed portal's place.
    var unnamedColumns: [WireField]?
    /// Where the statement at hand begins in its Query message, in scalars.
    var statementStart = 0
    var nextNumber = 1
    var executionDepth = 0
    /// Of the Execute whose command runs: how many rows it takes at most; nil for all.
    var executeRowsMax: Int?
    /// It took as many.
    var isSuspended = false
    /// The first parameter of the statement at hand in a Query, which has none.
    var parameter: StatementScanner.Statement.Parameter?
    private var statementByteCount = 0, portalByteCount = 0
    /// Of the statements of the Query at hand, until its end. They are charged as what is kept, and no part of what a session may keep.
    private var pendingByteCount = 0
    /// Of the rows that the step at hand says.
    private(set) var rowByteCount = 0
    /// A Query message may have a thousand SHOW ALL: past so many bytes of rows its other statements wait until these are on their way.
    static let rowByteCountMax = 64 << 10
    /// Of `statementByteCount`: the texts that PREPAREs stood in, of which those of one message share one, and questions' own, which are parts of what Parse said.
    private var otherTextByteCount = 0
    var savepointByteCount = 0
    /// Asked for the memory of so many bytes in all, before they are kept.
    private let hold: (Int) throws(PostgresFault) -> Void
    private let clock: () -> Int64
    var effects: [SessionEffect] = []

    /// - Parameter clock: microseconds since 1970.
    package init(_ settings: SessionSettings, limits: Limits = Limits(), hold: @escaping (Int) throws(PostgresFault) -> Void = { _ in }, clock: @escaping () -> Int64 = { 0 }) {
        self.settings = settings
        self.hold = hold
        self.clock = clock
        lasting = settings
        self.limits = limits
        reportedSettings = settings
    }

    /// Messages of the extended protocol have come whose Sync has not.
    package var isInPipeline: Bool { block == .implicit || isSkipping }
    package var isWaiting: Bool { waiting != nil }
    package var isInTransaction: Bool { block == .explicit || block == .failed }

    /// - Precondition: an answer where one is waited for, and else a message.
    package mutating func step(_ input: SessionInput) -> [SessionEffect] {
        (effects, rowByteCount) = ([], 0)
        switch input {
        case .message(let message):
            precondition(!isWaiting, "an answer is due, not a message")
            take(message)
        case .malformed(let fault):
            precondition(!isWaiting, "an answer is due, not a message")
            if fault.severity == .fatal { end(fault) } else if !isSkipping { failMessage(fault) }
        case .malformedQuery(let fault):
            precondition(!isWaiting, "an answer is due, not a message")
            guard !isSkipping else { break }
            failWhole(fault)
        case .malformedSync(let fault):
            precondition(!isWaiting, "an answer is due, not a message")
            // Whoever sent it waits for ReadyForQuery, whatever else was wrong before.
            isSkipping = false
            failWhole(fault)
        case .prepared, .opened, .ran, .goesOn:
            guard let was = waiting else { preconditionFailure("nothing was asked") }
            waiting = nil
            resume(was, input)
        }
        // What a question means, and what it gives, is of the transaction's state.
        if block != .none, effects.contains(where: \.looks) { hasLooked = true }
        return effects
    }

    // MARK: Messages

    private mutating func take(_ message: FrontendMessage) {
        switch message {
        case .sync:
            isSkipping = false
            if block == .implicit { endBlock(isCommitted: true) }
            ready()
        case .terminate: effects.append(.end)
        // What a copy's client still sends after it was refused.
        case .copyData, .copyDone, .copyFail: break
        case _ where isSkipping: break
        case .query(let text): query(text)
        case .functionCall: failWhole(PostgresFault(.featureNotSupported, "fastpath function calls are not supported"))
        case .password: end(.framing("invalid frontend message type 112"))
        case .flush: effects.append(.flush)
        case .parse(let parse): begin(parse)
        case .bind(let bind): begin(bind)
        case .describe(let target): describe(target)
        case .execute(let portal, let rowsMax): execute(portal, rowsMax)
        case .close(let target): close(target)
        }
    }

    private mutating func resume(_ was: Waiting, _ input: SessionInput) {
        switch (was, input) {
        case (.parse(let parse, let statement), .prepared(let result)): finish(parse, statement, result)
        case (.bind(let bind, let portal), .opened(let fault)): finish(bind, portal, fault)
        case (.execute(let name), .ran(let outcome)): finishExecute(name, outcome)
        case (.prepareQuery(let statement), .prepared(let result)): openQuery(statement, result)
        case (.openQuery(let statement), .opened(let fault)): runQuery(statement, fault)
        case (.runQuery(let statement), .ran(let outcome)): finishQuery(statement, outcome)
        case (.rest, .goesOn): nextStatement()
        case (.command(let step), _): resume(step, input)
        default: preconditionFailure("another answer was due")
        }
    }

    // MARK: Answers

    mutating func send(_ message: BackendMessage) {
        if case .dataRow(let cells) = message { rowByteCount = cells.reduce(rowByteCount.addingSaturating(Self.overhead)) { $0.addingSaturating(Self.overhead).addingSaturating($1?.count ?? 0) } }
        effects.append(.send(message))
    }

    mutating func end(_ fault: PostgresFault) {
        send(.error(fault))
        effects.append(.end)
    }

    /// A fault of one message of the extended protocol, or of all of a Query.
    mutating func failMessage(_ fault: PostgresFault) {
        if fault.severity == .fatal { return end(fault) }
        send(.error(fault))
        abortBlock()
        if pending != nil {
            // What failed while it ran stays until the transaction ends, and is of no use.
            if let columns = unnamedColumns, block == .failed {
                let formats = columns.map { _ in WireFormat.text }
                portals[""] = Portal(command: .question(tag: "SELECT"), source: .command, columns: columns, formats: formats, isDone: true, isFailed: true)
            }
            endMessage()
            ready()
        } else {
            isSkipping = true
        }
    }

    /// A fault of a message that is answered by ReadyForQuery in any case.
    private mutating func failWhole(_ fault: PostgresFault) {
        send(.error(fault))
        abortBlock()
        ready()
    }

    /// Nothing of a Query message is left.
    mutating func endMessage() {
        (pending, message) = (nil, nil)
        pendingByteCount = 0
        (statementStart, parameter) = (0, nil)
        isMultiple = false
        unnamedColumns = nil
    }

    mutating func ready() {
        giveBack()
        if !settings.isSame(as: reportedSettings) {
            for (now, before) in zip(settings.reported, reportedSettings.reported) where now.value != before.value { send(.parameterStatus(name: now.name, value: now.value)) }
            reportedSettings = settings
        }
        switch block {
        case .none, .implicit: send(.readyForQuery(.idle))
        case .explicit: send(.readyForQuery(.open))
        case .failed: send(.readyForQuery(.failed))
        }
        effects.append(.flush)
    }

    mutating func number() -> Int {
        defer { nextNumber &+= 1 }
        return nextNumber
    }

    static let failedFault = PostgresFault(.failedTransaction, "current transaction is aborted, commands ignored until end of transaction block")

    // MARK: The transaction

    /// The first command outside of a block begins one of its own.
    mutating func beginImplicit() {
        guard block == .none else { return }
        block = .implicit
        settingsAtBegin = settings
        effects.append(.beginTransaction)
    }

    mutating func abortBlock() {
        switch block {
        case .explicit:
            block = .failed
            // What was set since then is undone at once, not when the transaction ends.
            if let last = savepoints.last { (settings, lasting) = (last.settings, last.lasting) } else if let settingsAtBegin { (settings, lasting) = (settingsAtBegin, settingsAtBegin) }
        case .implicit, .none: endBlock(isCommitted: false)
        case .failed: break
        }
    }

    mutating func endBlock(isCommitted: Bool) {
        for (name, portal) in portals where !portal.isKept {
            if portal.isHeld, isCommitted {
                portals[name]?.isKept = true
                portals[name]?.depth = 0
            } else {
                drop(portal, name)
            }
        }
        if !isCommitted, let before = settingsAtBegin { lasting = before }
        settings = lasting
        settingsAtBegin = nil
        savepoints = []
        savepointByteCount = 0
        if block != .none { effects.append(.endTransaction) }
        block = .none
        hasLooked = false
    }

    // MARK: What it keeps

    /// Of any one thing beside its own bytes.
    static let overhead = 64

    private var heldByteCount: Int {
        statementByteCount.addingSaturating(portalByteCount).addingSaturating(savepointByteCount).addingSaturating(byteCount(ofSettings: settings, lasting: lasting))
    }

    /// Of what is set, of what stays of it, and of what was set when the transaction began: what is the same is counted once.
    func byteCount(ofSettings settings: SessionSettings, lasting: SessionSettings) -> Int {
        var byteCount = settings.byteCount
        if !lasting.isSame(as: settings) { byteCount = byteCount.addingSaturating(lasting.byteCount) }
        if let before = settingsAtBegin, !before.isSame(as: settings), !before.isSame(as: lasting) { byteCount = byteCount.addingSaturating(before.byteCount) }
        return byteCount
    }

    /// - Throws: 53200 where there is no room for so many bytes more.
    func keep(_ byteCount: Int) throws(PostgresFault) {
        let wanted = heldByteCount.addingSaturating(byteCount)
        guard wanted <= limits.heldBytes else {
            throw PostgresFault(
                .outOfMemory, "a session keeps at most \(limits.heldBytes >> 20) MiB of statements, bound values, settings and savepoints",
                hint: "CLOSE, DEALLOCATE, RESET or RELEASE what is not needed.")
        }
        try hold(wanted.addingSaturating(pendingByteCount))
    }

    /// Takes the statements of a Query, the last one first.
    ///
    /// - Throws: 53200 where there is no room for them.
    mutating func take(_ statements: [Pending], of text: String) throws(PostgresFault) {
        let byteCount = statements.reduce(0) { $0.addingSaturating($1.byteCount) }
        try hold(heldByteCount.addingSaturating(byteCount))
        pendingByteCount = byteCount
        (pending, message) = (statements, text)
    }

    /// Cuts a text into statements and reads them, with room for what it and their tokens are meanwhile.
    ///
    /// - Throws: 53200 where there is none; as `StatementScanner.statements`; what `read` throws.
    func cut<Value>(_ text: String, _ read: ([StatementScanner.Statement]) throws(PostgresFault) -> Value) throws(PostgresFault) -> Value {
        let byteCount = min(text.utf8.count, StatementScanner.textMax)
        let held = heldByteCount.addingSaturating(byteCount.multipliedSaturating(by: StatementScanner.heldPerByte))
        try hold(held)
        defer { giveBack() }
        return try read(try StatementScanner.statements(text) { (tokens) throws(PostgresFault) in try hold(held.addingSaturating(tokens)) })
    }

    private func giveBack() {
        // Less is never refused; what a question set is little, and charged with what is kept next.
        do { try hold(heldByteCount.addingSaturating(pendingByteCount)) } catch { return }
    }

    mutating func put(_ statement: Statement, _ name: String) throws(PostgresFault) {
        let byteCount = Self.byteCount(statement, name)
        try keep(byteCount)
        statements[name] = statement
        statements[name]?.preparedAt = clock()
        statementByteCount += byteCount
        otherTextByteCount += Self.otherTexts(of: statement)
    }

    private static func otherTexts(of statement: Statement) -> Int { (statement.said?.utf8.count ?? 0).addingSaturating(statement.questionByteCount) }

    private static func byteCount(_ statement: Statement, _ name: String) -> Int {
        let fields = statement.shape.columns.count.addingSaturating(statement.shape.parameterTypes.count).multipliedSaturating(by: overhead)
        return overhead.addingSaturating(name.utf8.count).addingSaturating(statement.text.utf8.count).addingSaturating(otherTexts(of: statement)).addingSaturating(fields)
            .addingSaturating(statement.command.heldByteCount)
    }

    mutating func put(_ portal: Portal, _ name: String) throws(PostgresFault) {
        var portal = portal
        portal.byteCount = Self.byteCount(portal, name)
        portal.openedAt = clock()
        try keep(portal.byteCount)
        portals[name] = portal
        portalByteCount += portal.byteCount
    }

    /// - Parameter portal: one that is not kept yet.
    static func byteCount(_ portal: Portal, _ name: String) -> Int {
        let columns = portal.columns.count.multipliedSaturating(by: overhead)
        return overhead.addingSaturating(name.utf8.count).addingSaturating(portal.said.utf8.count).addingSaturating(columns).addingSaturating(portal.byteCount)
    }

    mutating func drop(_ portal: Portal, _ name: String) {
        if let known = portals[name] { portalByteCount -= known.byteCount }
        portals[name] = nil
        if case .question(let number) = portal.source { effects.append(.closePortal(number)) }
        if let executed = portal.executed { effects.append(.closePortal(executed.rows)) }
    }

    mutating func drop(statement name: String) {
        guard let statement = statements.removeValue(forKey: name) else { return }
        statementByteCount -= Self.byteCount(statement, name)
        otherTextByteCount -= Self.otherTexts(of: statement)
        guard let question = statement.question else { return }
        // An open portal keeps its own: only the name goes.
        effects.append(.forgetStatement(question))
    }

    /// - Throws: 53300 when there are too many. What they stood in, and a second copy, is no text of theirs: `keep` charges it.
    func checkRoom(forStatement text: String, _ name: String) throws(PostgresFault) {
        let bytes = (statementByteCount - otherTextByteCount).addingSaturating(text.utf8.count).addingSaturating(name.utf8.count)
        guard statements.count < limits.statements, bytes <= limits.textBytes else {
            throw PostgresFault(.tooManyConnections, "too many prepared statements: \(statements.count), \(bytes) bytes", hint: "DEALLOCATE those that are not needed.")
        }
    }

    /// A question that is asked without values.
    var noParameter: PostgresFault {
        PostgresFault(.undefinedParameter, "there is no parameter $\(parameter?.number ?? "1")", position: parameter.map { statementStart + $0.place + 1 })
    }

    func checkRoomForPortal() throws(PostgresFault) {
        guard portals.count < limits.portals else {
            throw PostgresFault(.tooManyConnections, "too many open portals and cursors: \(portals.count)", hint: "CLOSE those that are not needed.")
        }
    }
}
