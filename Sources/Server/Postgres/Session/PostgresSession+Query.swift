/// The simple protocol: one message, any number of statements, one ReadyForQuery.
extension PostgresSession {
    mutating func query(_ text: String) {
        drop(statement: "")
        do throws(PostgresFault) {
            // All are read before the first runs.
            let found = try cut(text) { (statements) throws(PostgresFault) -> [Pending] in
                var found: [Pending] = []
                for statement in statements {
                    let command = try Self.placed(in: statement) { (statement) throws(PostgresFault) in try CommandReader.command(statement) }
                    found.append(Pending(text: statement.text, start: statement.start, parameter: statement.parameter, command: command))
                }
                return found
            }
            try take(found.reversed(), of: text)
            if found.isEmpty { send(.emptyQuery) }
            isMultiple = found.count > 1
            nextStatement()
        } catch {
            pending = []
            failMessage(error)
        }
    }

    /// Goes on until something is waited for, or to the end.
    mutating func nextStatement() {
        while !isWaiting, pending?.isEmpty == false {
            guard rowByteCount < Self.rowByteCountMax else {
                waiting = .rest
                return effects.append(.goOn)
            }
            guard let next = pending?.popLast() else { break }
            unnamedColumns = nil
            let command = next.command
            (statementStart, parameter) = (next.start, next.parameter)
            do throws(PostgresFault) {
                if block == .failed, !command.endsTransaction { throw Self.failedFault }
                beginImplicit()
                var statement = Statement(command: command, text: next.text)
                guard case .question = command else {
                    let columns = isShown(command) ? columns(of: command, or: []) : []
                    takeUnnamedPortal(columns)
                    perform(command, formats: Self.formats(columns, of: command, in: portals))
                    continue
                }
                let number = number()
                statement.question = number
                waiting = .prepareQuery(statement)
                effects.append(.prepare(.init(statement: number, text: next.text, parameterTypes: [], start: next.start)))
            } catch {
                return failMessage(error)
            }
        }
        if !isWaiting, pending?.isEmpty == true { endQuery() }
    }

    /// A fault's position is one in the whole message.
    static func placed<Value>(in found: StatementScanner.Statement, _ read: (StatementScanner.Statement) throws(PostgresFault) -> Value) throws(PostgresFault) -> Value {
        do throws(PostgresFault) {
            return try read(found)
        } catch {
            var fault = error
            fault.position = fault.position.map { $0 + found.start }
            throw fault
        }
    }

    /// Rows of a cursor have the cursor's own form.
    static func formats(_ columns: [WireField], of command: PostgresCommand, in portals: NamedValues<Portal>) -> [WireFormat] {
        if case .fetch(_, let cursor, _) = command, let portal = portals[cursor] { return portal.formats }
        return columns.map { _ in .text }
    }

    private mutating func endQuery() {
        endMessage()
        if block == .implicit { endBlock(isCommitted: true) }
        ready()
    }

    /// Each statement that runs takes the unnamed portal's place.
    private mutating func takeUnnamedPortal(_ columns: [WireField]) {
        if let portal = portals[""] { drop(portal, "") }
        unnamedColumns = columns
    }

    // MARK: A question

    mutating func openQuery(_ statement: Statement, _ result: Result<SessionInput.Shape, PostgresFault>) {
        var statement = statement
        if case .failure(let fault) = result { return failMessage(fault) }
        do throws(PostgresFault) {
            statement.shape = try result.get()
            guard statement.shape.parameterTypes.isEmpty else { throw noParameter }
        } catch {
            return failQuery(statement, error)
        }
        takeUnnamedPortal(statement.shape.columns)
        waiting = .openQuery(statement)
        let number = statement.question ?? 0
        effects.append(.open(.init(portal: number, statement: number, arguments: .bound(formats: [], values: []), isScrollable: false)))
    }

    mutating func runQuery(_ statement: Statement, _ fault: PostgresFault?) {
        if let fault { return failQuery(statement, fault) }
        send(.rowDescription(statement.shape.columns))
        waiting = .runQuery(statement)
        effects.append(.run(.init(portal: statement.question ?? 0, rows: .next(nil), formats: statement.shape.columns.map { _ in .text })))
    }

    mutating func finishQuery(_ statement: Statement, _ outcome: SessionInput.Outcome) {
        let number = statement.question ?? 0
        effects.append(.closePortal(number))
        switch outcome {
        case .failed(let fault): failQuery(statement, fault)
        case .finished(let rows), .suspended(let rows):
            effects.append(.forgetStatement(number))
            send(.commandComplete(Self.tag(statement.command, rows: rows)))
            nextStatement()
        }
    }

    private mutating func failQuery(_ statement: Statement, _ fault: PostgresFault) {
        if let question = statement.question { effects.append(.forgetStatement(question)) }
        failMessage(fault)
    }
}
