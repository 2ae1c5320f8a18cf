internal import ColumnStore

/// What a session does itself. Each ends in CommandComplete or an error, and in a Query goes on with the next statement.
extension PostgresSession {
    /// A command that waits for an effect's answer.
    enum CommandStep {
        case prepare(name: String, Statement)
        /// `said`: the text that it stands in.
        case prepareCursor(PostgresCommand.Cursor, question: Int, BoundValues?, said: String)
        case openCursor(PostgresCommand.Cursor, Portal, question: Int)
        /// `within`: where an Execute asks for a part of the rows.
        case openExecute(statement: Statement, portal: Int, formats: [WireFormat], within: ExecutedPart?)
        case prepareExplain(Statement, question: Int, arguments: [PostgresCommand.Piece], formats: [WireFormat], within: ExecutedPart?)
        case openExplain(statement: Statement, portal: Int, question: Int, formats: [WireFormat], within: ExecutedPart?)
        case runExecute(Executed, within: ExecutedPart?)
        case fetch(isMove: Bool, cursor: String)
        /// As many rows as an Execute asks for; `left` of the direction is what it had to go.
        case fetchPart(portal: String, cursor: String, left: FetchDirection, rowsMax: Int)
        case prepareCopy(CopyOptions, question: Int)
        case openCopy(CopyOptions, question: Int, columns: Int)
        case runCopy(question: Int)
    }

    /// In a Query the rows that come are described first; in the extended protocol Describe does it.
    private mutating func describeRows(_ columns: [WireField], _ formats: [WireFormat]) {
        if pending != nil { send(.rowDescription(zip(columns, formats).map { Self.formatted($0, $1) })) }
    }

    /// - Parameter formats: of the rows that it gives.
    mutating func perform(_ command: PostgresCommand, formats: [WireFormat]) {
        do throws(PostgresFault) {
            if command.looks { hasLooked = true }
            var tag = try transact(command)
            if tag == nil { tag = try configure(command) }
            if tag == nil { tag = try manage(command) }
            if let tag { send(isSuspended ? .portalSuspended : .commandComplete(tag)) } else { try ask(command, formats: formats) }
            isSuspended = false
        } catch {
            failMessage(error)
        }
    }

    private mutating func warn(_ fault: PostgresFault) { if settings.hearsWarnings { send(.notice(fault)) } }

    private func inBlock(_ what: String) throws(PostgresFault) {
        guard block == .explicit || block == .failed else {
            throw PostgresFault(.noActiveTransaction, "\(what) can only be used in transaction blocks")
        }
    }

    // MARK: Transactions

    /// The tag; nil for another kind of command.
    private mutating func transact(_ command: PostgresCommand) throws(PostgresFault) -> String? {
        switch command {
        case .begin(let tag, let level):
            if block == .explicit {
                warn(PostgresFault(.activeTransaction, "there is already a transaction in progress", severity: .warning))
            } else {
                beginImplicit()
            }
            if let level {
                var begun = settings
                try begun.set("transaction_isolation", level)
                try checkLevel(of: begun)
                settings = begun
            }
            // A BEGIN that fails has begun nothing that a ROLLBACK would have to end.
            block = .explicit
            return tag
        case .commit(let isChained): return try endTransaction(isCommitted: true, isChained: isChained)
        case .rollback(let isChained): return try endTransaction(isCommitted: false, isChained: isChained)
        case .savepoint(let name):
            try inBlock("SAVEPOINT")
            try begin(savepoint: name)
            return "SAVEPOINT"
        case .lock:
            // A Query of several statements is a block by itself.
            if !isMultiple { try inBlock("LOCK TABLE") }
            return "LOCK TABLE"
        case .release(let name):
            try inBlock("RELEASE SAVEPOINT")
            let index = try savepoint(name)
            dropSavepoints(from: index)
            for (name, portal) in portals where portal.depth > index { portals[name]?.depth = index }
            return "RELEASE"
        case .rollbackTo(let name):
            try inBlock("ROLLBACK TO SAVEPOINT")
            let index = try savepoint(name)
            dropSavepoints(from: index + 1)
            (settings, lasting) = (savepoints[index].settings, savepoints[index].lasting)
            for (name, portal) in portals where portal.depth > index { drop(portal, name) }
            block = .explicit
            return "ROLLBACK"
        default: return nil
        }
    }

    private mutating func begin(savepoint name: String) throws(PostgresFault) {
        guard savepoints.count < limits.savepoints else {
            throw PostgresFault(.programLimitExceeded, "more than \(limits.savepoints) savepoints in a transaction", hint: "RELEASE those that are not needed.")
        }
        // Settings that nobody changed since are the same ones. Those that SET LOCAL has hidden are there, too.
        let isChanged = savepoints.last.map { !$0.settings.isSame(as: settings) } ?? true
        let isOtherLasting = !lasting.isSame(as: settings) && savepoints.last.map { !$0.lasting.isSame(as: lasting) } ?? true
        let byteCount = Self.overhead.addingSaturating(name.utf8.count).addingSaturating(isChanged ? settings.byteCount : 0).addingSaturating(isOtherLasting ? lasting.byteCount : 0)
        try keep(byteCount)
        savepoints.append(Savepoint(name: name, settings: settings, lasting: lasting, byteCount: byteCount))
        savepointByteCount += byteCount
    }

    private mutating func dropSavepoints(from index: Int) {
        for savepoint in savepoints[index...] { savepointByteCount -= savepoint.byteCount }
        savepoints.removeSubrange(index...)
    }

    private func savepoint(_ name: String) throws(PostgresFault) -> Int {
        guard let index = savepoints.lastIndex(where: { $0.name.hasBytes(of: name) }) else {
            throw PostgresFault(.invalidSavepoint, "savepoint \"\(name)\" does not exist")
        }
        return index
    }

    private mutating func endTransaction(isCommitted: Bool, isChained: Bool) throws(PostgresFault) -> String {
        let wasFailed = block == .failed
        if block != .explicit, block != .failed {
            if isChained { throw PostgresFault(.noActiveTransaction, "\(isCommitted ? "COMMIT" : "ROLLBACK") AND CHAIN can only be used in transaction blocks") }
            warn(PostgresFault(.noActiveTransaction, "there is no transaction in progress", severity: .warning))
        }
        let level = settings["transaction_isolation"]
        endBlock(isCommitted: isCommitted && !wasFailed)
        if isChained {
            beginImplicit()
            block = .explicit
            // The next one is as this one was.
            try settings.set("transaction_isolation", level)
        }
        return isCommitted && !wasFailed ? "COMMIT" : "ROLLBACK"
    }

    // MARK: Settings

    /// What a question set while it ran. What cannot be set was refused there; a failure undoes all of it.
    mutating func take(_ changes: [SettingChange]) {
        for change in changes {
            do throws(PostgresFault) {
                try settings.set(change.name, change.value)
                if !change.isLocal { try lasting.set(change.name, change.value) }
            } catch { continue }
        }
    }

    /// A transaction has one level from its first look at a state on, and in all its savepoints.
    ///
    /// - Throws: 25001 for another level than it has.
    private func checkLevel(of changed: SessionSettings) throws(PostgresFault) {
        guard changed["transaction_isolation"] != settings["transaction_isolation"] else { return }
        if hasLooked { throw PostgresFault(.activeTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query") }
        guard savepoints.isEmpty else { throw PostgresFault(.activeTransaction, "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction") }
    }

    private mutating func set(_ name: String, _ value: String?, isLocal: Bool) throws(PostgresFault) {
        var changed = settings, lastly = lasting
        try changed.set(name, value)
        if value != nil { try checkLevel(of: changed) }
        // A transaction's own level ends with it; the session's is that of transactions to come.
        if !isLocal, name != "transaction_isolation" {
            // One of both where they were one: it is kept once.
            if lasting.isSame(as: settings) { lastly = changed } else { try lastly.set(name, value) }
        }
        if !isLocal, name == "default_transaction_isolation" {
            try lastly.set("transaction_isolation", lastly[name])
            if !isInTransaction { try changed.set("transaction_isolation", lastly[name]) }
        }
        try keep(max(0, byteCount(ofSettings: changed, lasting: lastly) - byteCount(ofSettings: settings, lasting: lasting)))
        (settings, lasting) = (changed, lastly)
    }

    private mutating func configure(_ command: PostgresCommand) throws(PostgresFault) -> String? {
        switch command {
        case .set(let name, let value, let isLocal):
            // Out of a block SET LOCAL ends with its own statement.
            if isLocal, !isInTransaction, !isMultiple {
                warn(PostgresFault(.noActiveTransaction, "SET LOCAL can only be used in transaction blocks", severity: .warning))
            } else {
                try set(name, value, isLocal: isLocal)
            }
            return "SET"
        case .setTransaction(let isOfSession, let level):
            if let level { try set(isOfSession ? "default_transaction_isolation" : "transaction_isolation", level, isLocal: !isOfSession) }
            if !isOfSession, !isInTransaction, !isMultiple {
                warn(PostgresFault(.noActiveTransaction, "SET TRANSACTION can only be used in transaction blocks", severity: .warning))
            }
            return "SET"
        case .reset(let name):
            if let name {
                guard !SessionSettings.isFixed(name) else { throw PostgresFault(SQLState(rawValue: "55P02"), "parameter \"\(name)\" cannot be changed") }
                try set(name, nil, isLocal: false)
            } else {
                resetSettings()
            }
            return "RESET"
        case .show(let name):
            try show(name)
            return "SHOW"
        case .discard(let what):
            guard ["ALL", "PLANS", "SEQUENCES", "TEMP", "TEMPORARY"].contains(what) else { throw PostgresFault(.syntaxError, "syntax error at or near \"\(what)\"") }
            if what == "ALL" { try discardAll() }
            return "DISCARD \(what == "TEMPORARY" ? "TEMP" : what)"
        case .listen(let tag): return tag
        case .constraints:
            if block != .explicit { warn(PostgresFault(.noActiveTransaction, "SET CONSTRAINTS can only be used in transaction blocks", severity: .warning)) }
            return "SET CONSTRAINTS"
        default: return nil
        }
    }

    private mutating func show(_ name: String?) throws(PostgresFault) {
        try checkShown(.show(name))
        let columns = columns(of: .show(name), or: [])
        describeRows(columns, columns.map { _ in .text })
        var rows: [[[UInt8]?]]
        if let name { rows = [[Array((settings[name] ?? "").utf8)]] } else { rows = settings.all.map { [Array($0.name.utf8), Array($0.value.utf8), Array((SettingTexts.text($0.name)?.description ?? "").utf8)] } }
        if let portal = activePortal, let rowsMax = executeRowsMax {
            // An Execute asks for so many of them, and the next one for those behind.
            let given = portals[portal]?.shownCount ?? 0
            rows = Array(rows.dropFirst(given).prefix(rowsMax))
            portals[portal]?.shownCount = given + rows.count
            isSuspended = rows.count == rowsMax
            portals[portal]?.isDone = !isSuspended
        }
        for row in rows { send(.dataRow(row)) }
    }

    private mutating func dropPortals() {
        for (name, portal) in portals where activePortal?.hasBytes(of: name) != true { drop(portal, name) }
    }

    private mutating func discardAll() throws(PostgresFault) {
        guard !isInTransaction, !isMultiple else { throw PostgresFault(.activeTransaction, "DISCARD ALL cannot run inside a transaction block") }
        dropPortals()
        for name in statements.keys where !name.isEmpty { drop(statement: name) }
        resetSettings()
    }

    private mutating func resetSettings() {
        settings.resetAll(withinTransaction: isInTransaction)
        lasting.resetAll()
    }

    // MARK: Statements and cursors

    private mutating func manage(_ command: PostgresCommand) throws(PostgresFault) -> String? {
        switch command {
        case .deallocate(nil):
            for name in statements.keys where !name.isEmpty { drop(statement: name) }
            return "DEALLOCATE ALL"
        case .deallocate(let name?):
            guard statements[name] != nil else { throw PostgresFault(.invalidStatementName, "prepared statement \"\(name)\" does not exist") }
            drop(statement: name)
            return "DEALLOCATE"
        case .close(nil):
            dropPortals()
            return "CLOSE CURSOR ALL"
        case .close(let name?):
            guard let portal = portals[name] else { throw PostgresFault(.invalidCursorName, "cursor \"\(name)\" does not exist") }
            drop(portal, name)
            return "CLOSE CURSOR"
        case .write(let tag): throw PostgresFault(.readOnlyTransaction, "cannot execute \(tag) in a read-only transaction", hint: "Documents come in over HTTP: POST /v1/receipts.")
        default: return nil
        }
    }

    /// Commands that need the store.
    private mutating func ask(_ command: PostgresCommand, formats: [WireFormat]) throws(PostgresFault) {
        switch command {
        case .prepare(let name, let types, let query): try prepare(name, types, query)
        case .declare(let cursor): try declare(cursor)
        case .execute(let name, let arguments): try execute(name, arguments, formats)
        case .explain(let options, let name, let arguments): try explain(options, name, arguments, formats)
        case .fetch(let direction, let cursor, let isMove): try fetch(direction, cursor, isMove, formats)
        case .copyOut(let query, let options):
            let question = number()
            waiting = .command(.prepareCopy(options, question: question))
            effects.append(.prepare(.init(statement: question, text: query.text, parameterTypes: [], start: statementStart + query.start)))
        default: preconditionFailure("a question is no command")
        }
    }

    private mutating func prepare(_ name: String, _ types: [PostgresCommand.Piece], _ query: PostgresCommand.Piece) throws(PostgresFault) {
        try checkRoom(forStatement: query.text, name)
        var statement = Statement(command: .question(tag: "SELECT"), text: query.text, said: said(query))
        let question = number()
        statement.question = question
        waiting = .command(.prepare(name: name, statement))
        effects.append(
            .prepare(.init(statement: question, text: query.text, parameterTypes: [], typeNames: types.map(inMessage), start: statementStart + query.start)))
    }

    /// The text that the client sent with a command in it, of which `query` is a part.
    private func said(_ query: PostgresCommand.Piece) -> String { message ?? activePortal.flatMap { portals[$0]?.said } ?? query.text }

    private func inMessage(_ piece: PostgresCommand.Piece) -> PostgresCommand.Piece { .init(piece.text, start: statementStart + piece.start) }

    private mutating func declare(_ cursor: PostgresCommand.Cursor) throws(PostgresFault) {
        if !cursor.isHeld, !isMultiple { try inBlock("DECLARE CURSOR") }
        guard portals[cursor.name] == nil else { throw PostgresFault(.duplicateCursor, "cursor \"\(cursor.name)\" already exists") }
        try checkRoomForPortal()
        let question = number()
        let bound = activePortal.flatMap { portals[$0]?.bound }
        waiting = .command(.prepareCursor(cursor, question: question, bound, said: said(cursor.query)))
        effects.append(.prepare(.init(statement: question, text: cursor.query.text, parameterTypes: bound?.types ?? [], start: statementStart + cursor.query.start)))
    }

    private func prepared(_ name: String, argumentCount: Int) throws(PostgresFault) -> Statement {
        guard let statement = statements[name] else { throw PostgresFault(.invalidStatementName, "prepared statement \"\(name)\" does not exist") }
        let needed = statement.shape.parameterTypes.count
        // As there, what has no parameters is given none, whatever is said.
        guard needed == 0 || argumentCount == needed else {
            throw PostgresFault(
                .syntaxError, "wrong number of parameters for prepared statement \"\(name)\"", detail: "Expected \(needed) parameters but got \(argumentCount).")
        }
        return statement
    }

    /// The plan of what was prepared, with these arguments: a question of its own, for once.
    private mutating func explain(_ options: String, _ name: String, _ arguments: [PostgresCommand.Piece], _ formats: [WireFormat]) throws(PostgresFault) {
        let statement = try prepared(name, argumentCount: arguments.count)
        guard statement.question != nil, case .question(tag: "SELECT") = statement.command else {
            throw PostgresFault(.featureNotSupported, "EXPLAIN EXECUTE of what is no question is not supported", hint: "Prepare a SELECT.")
        }
        let explained = Statement(command: .question(tag: "EXPLAIN"), text: options + " " + statement.text)
        let question = number()
        waiting = .command(
            .prepareExplain(
                explained, question: question, arguments: statement.shape.parameterTypes.isEmpty ? [] : arguments.map(inMessage), formats: formats, within: executedPart))
        effects.append(.prepare(.init(statement: question, text: explained.text, parameterTypes: statement.shape.parameterTypes, start: 0)))
    }

    private mutating func execute(_ name: String, _ arguments: [PostgresCommand.Piece], _ formats: [WireFormat]) throws(PostgresFault) {
        let statement = try prepared(name, argumentCount: arguments.count)
        // Parse keeps a text without a statement, too.
        if statement.command == .empty { return send(.commandComplete("EXECUTE")) }
        guard let question = statement.question else {
            // A statement may execute another, and that one the first.
            guard executionDepth < 8 else { throw PostgresFault(SQLState(rawValue: "54001"), "stack depth limit exceeded") }
            executionDepth += 1
            defer { executionDepth -= 1 }
            // The next Execute goes on with it, whatever has the name by then.
            if let part = executedPart, statement.command.goesInParts { portals[part.portal]?.command = statement.command }
            return perform(statement.command, formats: formats)
        }
        let portal = number()
        waiting = .command(.openExecute(statement: statement, portal: portal, formats: formats, within: executedPart))
        effects.append(.open(.init(portal: portal, statement: question, arguments: .expressions(statement.shape.parameterTypes.isEmpty ? [] : arguments.map(inMessage)), isScrollable: false)))
    }

    /// What the Execute at hand asks for; nil where it takes all rows, and in a Query.
    private var executedPart: ExecutedPart? { activePortal.flatMap { name in executeRowsMax.map { ExecutedPart(portal: name, rowsMax: $0) } } }

    /// The rows of what EXECUTE runs, or a part of them.
    mutating func run(_ executed: Executed, within part: ExecutedPart?) {
        waiting = .command(.runExecute(executed, within: part))
        let rowsMax = part.flatMap { $0.rowsMax == 0 ? nil : $0.rowsMax }
        effects.append(.run(.init(portal: executed.rows, rows: .next(rowsMax), formats: executed.formats, isOfEarlierText: true)))
    }

    private mutating func fetch(_ direction: FetchDirection, _ cursor: String, _ isMove: Bool, _ wanted: [WireFormat]) throws(PostgresFault) {
        guard let portal = portals[cursor], case .question(let number) = portal.source else {
            throw PostgresFault(.invalidCursorName, "cursor \"\(cursor)\" does not exist")
        }
        guard !portal.isFailed else { throw PostgresFault(.notInPrerequisiteState, "portal \"\(cursor)\" cannot be run") }
        // Before anything is waited for: what is refused here asks for nothing.
        guard !direction.goesBack || portal.isScrollable || portal.isOpen else { throw PostgresFault.goesForward }
        var direction = direction
        if let rowsMax = executeRowsMax, let name = activePortal, !isMove {
            let left = portals[name]?.left ?? direction
            direction = left.part(rowsMax)
            waiting = .command(.fetchPart(portal: name, cursor: cursor, left: left, rowsMax: rowsMax))
        } else {
            waiting = .command(.fetch(isMove: isMove, cursor: cursor))
        }
        // Bind says how its rows are to come, whatever the cursor was declared as.
        let formats = wanted.count == portal.columns.count ? wanted : portal.formats
        if !isMove { describeRows(portal.columns, formats) }
        effects.append(.run(.init(portal: number, rows: .fetch(direction, isMove: isMove), formats: formats, isOfEarlierText: true)))
    }

    // MARK: Answers

    mutating func resume(_ step: CommandStep, _ input: SessionInput) {
        do throws(PostgresFault) {
            switch (step, input) {
            case (.prepare(let name, var statement), .prepared(let result)):
                statement.shape = try result.get()
                guard statements[name] == nil else { throw PostgresFault(.duplicateStatement, "prepared statement \"\(name)\" already exists") }
                try put(statement, name)
                complete("PREPARE")
            case (.prepareCursor(let cursor, let question, let bound, let said), .prepared(let result)): try open(cursor, question, bound, said, result.get())
            case (.openCursor(let cursor, let portal, let question), .opened(let fault)):
                if let fault { throw fault }
                do throws(PostgresFault) { try put(portal, cursor.name) } catch {
                    effects.append(.closePortal(question))
                    throw error
                }
                effects.append(.forgetStatement(question))
                complete("DECLARE CURSOR")
            case (.openExecute(let statement, let portal, let formats, let part), .opened(let fault)):
                if let fault { throw fault }
                // Its columns are known by now; those that Bind or Parse saw may have been another statement's of that name.
                let formats = Self.spread(formats, over: statement.shape.columns.count)
                describeRows(statement.shape.columns, formats)
                run(Executed(command: statement.command, rows: portal, formats: formats), within: part)
            case (.prepareExplain(var statement, let question, let arguments, let formats, let part), .prepared(let result)):
                statement.shape = try result.get()
                let portal = number()
                waiting = .command(.openExplain(statement: statement, portal: portal, question: question, formats: formats, within: part))
                effects.append(.open(.init(portal: portal, statement: question, arguments: .expressions(arguments), isScrollable: false)))
            case (.openExplain(let statement, let portal, let question, let formats, let part), .opened(let fault)):
                if let fault { throw fault }
                effects.append(.forgetStatement(question))
                let formats = Self.spread(formats, over: statement.shape.columns.count)
                describeRows(statement.shape.columns, formats)
                run(Executed(command: statement.command, rows: portal, formats: formats), within: part)
            case (.runExecute(let executed, let part), .ran(let outcome)):
                if let part {
                    var goesOn = false
                    if case .suspended = outcome { goesOn = true }
                    portals[part.portal]?.executed = goesOn ? executed : nil
                    portals[part.portal]?.isDone = !goesOn
                    if goesOn { return send(.portalSuspended) }
                }
                effects.append(.closePortal(executed.rows))
                complete(Self.tag(executed.command, rows: try Self.rows(outcome)))
            case (.fetch(let isMove, let cursor), .ran(let outcome)):
                if case .failed = outcome { portals[cursor]?.isFailed = true }
                complete("\(isMove ? "MOVE" : "FETCH") \(try Self.rows(outcome))")
            case (.fetchPart(let portal, let cursor, let left, let rowsMax), .ran(let outcome)):
                if case .failed = outcome { portals[cursor]?.isFailed = true }
                let rows = try Self.rows(outcome)
                portals[portal]?.left = left.less(rows)
                portals[portal]?.isDone = rows < rowsMax || left.less(rows) == nil
                send(rows < rowsMax ? .commandComplete("FETCH \(rows)") : .portalSuspended)
            default: try resumeCopy(step, input)
            }
        } catch {
            forget(step, input)
            failMessage(error)
        }
    }

    /// What a step that failed had asked for and nobody holds now. A question that could not be prepared, and a portal that could not be opened, hold nothing.
    private mutating func forget(_ step: CommandStep, _ input: SessionInput) {
        if case .prepared(.failure) = input { return }
        switch step {
        case .prepareCursor(_, let question, _, _), .openCursor(_, _, let question), .prepareCopy(_, let question), .openCopy(_, let question, _),
            .prepareExplain(_, let question, _, _, _), .openExplain(_, _, let question, _, _):
            effects.append(.forgetStatement(question))
        case .prepare(_, let statement): if let question = statement.question { effects.append(.forgetStatement(question)) }
        // These let go of what they hold when its rows end, however they end.
        case .openExecute, .runExecute, .fetch, .fetchPart, .runCopy: break
        }
    }

    private mutating func resumeCopy(_ step: CommandStep, _ input: SessionInput) throws(PostgresFault) {
        switch (step, input) {
        case (.prepareCopy(let options, let question), .prepared(let result)):
            let shape = try result.get()
            guard shape.parameterTypes.isEmpty else { throw noParameter }
            // Behind CopyOutResponse clients read what comes as the copy.
            try CopyWriter.check(options, shape.columns.map(\.name))
            waiting = .command(.openCopy(options, question: question, columns: shape.columns.count))
            effects.append(.open(.init(portal: question, statement: question, arguments: .bound(formats: [], values: []), isScrollable: false)))
        case (.openCopy(let options, let question, let columns), .opened(let fault)):
            if let fault { throw fault }
            send(.copyOut(format: options.wireFormat, columns: columns))
            waiting = .command(.runCopy(question: question))
            let formats = [WireFormat](repeating: options.wireFormat, count: columns)
            effects.append(.run(.init(portal: question, rows: .copy(options), formats: formats)))
        case (.runCopy(let question), .ran(let outcome)):
            effects += [.closePortal(question), .forgetStatement(question)]
            let rows = try Self.rows(outcome)
            send(.copyDone)
            complete("COPY \(rows)")
        default: preconditionFailure("another answer was due")
        }
    }

    private mutating func open(_ cursor: PostgresCommand.Cursor, _ question: Int, _ bound: BoundValues?, _ said: String, _ shape: SessionInput.Shape) throws(PostgresFault) {
        guard shape.parameterTypes.count == bound?.values.count ?? 0 else { throw noParameter }
        let formats = [WireFormat](repeating: cursor.isBinary ? .binary : .text, count: shape.columns.count)
        let portal = Portal(
            command: .question(tag: "SELECT"), source: .question(question), columns: shape.columns, formats: formats, said: said, isBinary: cursor.isBinary, isScrollable: cursor.isScrollable,
            isOpen: cursor.isOpen, isHeld: cursor.isHeld, depth: savepoints.count, byteCount: (bound?.byteCount ?? 0).addingSaturating(cursor.query.text.utf8.count))
        waiting = .command(.openCursor(cursor, portal, question: question))
        let arguments = SessionEffect.Open.Arguments.bound(formats: bound?.formats ?? [], values: bound?.values ?? [])
        effects.append(.open(.init(portal: question, statement: question, arguments: arguments, isScrollable: cursor.isScrollable, isForwardOnly: cursor.isForwardOnly, isOpen: cursor.isOpen)))
    }

    private static func rows(_ outcome: SessionInput.Outcome) throws(PostgresFault) -> Int {
        switch outcome {
        case .finished(let rows), .suspended(let rows): return rows
        case .failed(let fault): throw fault
        }
    }

    private mutating func complete(_ tag: String) {
        send(.commandComplete(tag))
        if pending != nil { nextStatement() }
    }
}
