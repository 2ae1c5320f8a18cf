internal import ColumnStore

/// Parse, Bind, Describe, Execute, Close.
extension PostgresSession {
    // MARK: Parse

    mutating func begin(_ parse: FrontendMessage.Parse) {
        do throws(PostgresFault) {
            // The unnamed one goes, whatever becomes of this.
            if parse.name.isEmpty { drop(statement: "") }
            let found = try cut(parse.query) { (statements) throws(PostgresFault) -> Pending in
                guard statements.count <= 1 else { throw PostgresFault(.syntaxError, "cannot insert multiple commands into a prepared statement") }
                guard let statement = statements.first else { return Pending(text: parse.query, start: 0, command: .empty) }
                return Pending(text: statement.text, start: statement.start, command: try CommandReader.command(statement))
            }
            let command = found.command
            if block == .failed, command != .empty, !command.endsTransaction { throw Self.failedFault }
            beginImplicit()
            try checkRoom(forStatement: parse.query, parse.name)
            var statement = Statement(command: command, text: parse.query)
            statement.shape.parameterTypes = parse.parameterTypes
            guard case .question = command else {
                try checkShown(command)
                if case .declare(let cursor) = command, cursor.query.text.utf8.contains(UInt8(ascii: "$")) { return infer(parse, statement, cursor, start: found.start) }
                statement.shape.columns = columns(of: command, or: [])
                return try keep(parse, statement)
            }
            let number = number()
            statement.question = number
            // Without the semicolon behind it; where there is none it is the same text, which is kept once.
            let isWhole = found.start == 0 && found.text.utf8.count == parse.query.utf8.count
            if !isWhole { statement.questionByteCount = found.text.utf8.count }
            waiting = .parse(parse, statement)
            effects.append(.prepare(.init(statement: number, text: isWhole ? parse.query : found.text, parameterTypes: parse.parameterTypes, start: found.start)))
        } catch {
            failMessage(error)
        }
    }

    /// What the parameters of a cursor's question are is said when DECLARE is parsed, as in PostgreSQL; the question is asked when it runs.
    private mutating func infer(_ parse: FrontendMessage.Parse, _ statement: Statement, _ cursor: PostgresCommand.Cursor, start: Int) {
        var statement = statement
        let number = number()
        statement.question = number
        waiting = .parse(parse, statement)
        effects.append(.prepare(.init(statement: number, text: cursor.query.text, parameterTypes: parse.parameterTypes, start: start + cursor.query.start)))
    }

    mutating func finish(_ parse: FrontendMessage.Parse, _ statement: Statement, _ result: Result<SessionInput.Shape, PostgresFault>) {
        var statement = statement
        if case .failure(let fault) = result { return failMessage(fault) }
        do throws(PostgresFault) {
            statement.shape = try result.get()
            if case .declare = statement.command, let question = statement.question {
                effects.append(.forgetStatement(question))
                statement.question = nil
                statement.shape.columns = []
            }
            try keep(parse, statement)
        } catch {
            if let question = statement.question { effects.append(.forgetStatement(question)) }
            failMessage(error)
        }
    }

    private mutating func keep(_ parse: FrontendMessage.Parse, _ statement: Statement) throws(PostgresFault) {
        guard parse.name.isEmpty || statements[parse.name] == nil else {
            throw PostgresFault(.duplicateStatement, "prepared statement \"\(parse.name)\" already exists")
        }
        try put(statement, parse.name)
        send(.parseComplete)
    }

    // MARK: Bind

    private func statement(_ name: String) throws(PostgresFault) -> Statement {
        guard let statement = statements[name] else {
            throw PostgresFault(.invalidStatementName, name.isEmpty ? "unnamed prepared statement does not exist" : "prepared statement \"\(name)\" does not exist")
        }
        return statement
    }

    private func portal(_ name: String) throws(PostgresFault) -> Portal {
        guard let portal = portals[name] else { throw PostgresFault(.invalidCursorName, "portal \"\(name)\" does not exist") }
        return portal
    }

    mutating func begin(_ bind: FrontendMessage.Bind) {
        do throws(PostgresFault) {
            let statement = try statement(bind.statement)
            try check(bind, statement)
            beginImplicit()
            try replacePortal(bind.portal)
            let columns = columns(of: statement)
            let formats = Self.spread(bind.resultFormats, over: columns.count)
            var portal = Portal(command: statement.command, source: .command, columns: columns, formats: formats, said: statement.text, depth: savepoints.count)
            let bound = BoundValues(types: statement.shape.parameterTypes, formats: bind.parameterFormats, values: bind.parameters)
            portal.byteCount = bound.byteCount.addingSaturating(statement.questionByteCount)
            try keep(Self.byteCount(portal, bind.portal))
            if case .declare = statement.command { portal.bound = bound }
            guard let question = statement.question, case .question = statement.command else { return finish(bind, portal, nil) }
            let number = number()
            portal.source = .question(number)
            waiting = .bind(bind, portal)
            effects.append(.open(.init(portal: number, statement: question, arguments: .bound(formats: bind.parameterFormats, values: bind.parameters), isScrollable: false)))
        } catch {
            failMessage(error)
        }
    }

    private func check(_ bind: FrontendMessage.Bind, _ statement: Statement) throws(PostgresFault) {
        let (formats, values, needed) = (bind.parameterFormats.count, bind.parameters.count, statement.shape.parameterTypes.count)
        guard formats <= 1 || formats == values else {
            throw PostgresFault(.protocolViolation, "bind message has \(formats) parameter formats but \(values) parameters")
        }
        guard values == needed else {
            throw PostgresFault(.protocolViolation, "bind message supplies \(values) parameters, but prepared statement \"\(bind.statement)\" requires \(needed)")
        }
        if block == .failed, statement.command != .empty, !statement.command.endsTransaction || values > 0 { throw Self.failedFault }
    }

    /// The unnamed one is replaced; another must not be there yet.
    mutating func replacePortal(_ name: String) throws(PostgresFault) {
        if let old = portals[name] {
            guard name.isEmpty else { throw PostgresFault(.duplicateCursor, "cursor \"\(name)\" already exists") }
            drop(old, name)
        }
        try checkRoomForPortal()
    }

    static func spread(_ formats: [WireFormat], over count: Int) -> [WireFormat] {
        formats.count == count ? formats : [WireFormat](repeating: formats.first ?? .text, count: count)
    }

    mutating func finish(_ bind: FrontendMessage.Bind, _ portal: Portal, _ fault: PostgresFault?) {
        if let fault { return failMessage(fault) }
        let (formats, columns) = (bind.resultFormats.count, portal.columns.count)
        guard columns == 0 || formats <= 1 || formats == columns else {
            if case .question(let number) = portal.source { effects.append(.closePortal(number)) }
            return failMessage(PostgresFault(.protocolViolation, "bind message has \(formats) result formats but query has \(columns) columns"))
        }
        do throws(PostgresFault) {
            try put(portal, bind.portal)
            send(.bindComplete)
        } catch {
            if case .question(let number) = portal.source { effects.append(.closePortal(number)) }
            failMessage(error)
        }
    }

    // MARK: Describe

    /// Of commands that give rows they are known only when the command is looked at.
    func columns(of statement: Statement) -> [WireField] { columns(of: statement.command, or: statement.shape.columns) }

    /// An EXECUTE of an EXECUTE has the columns that were known at its Parse: it may execute itself.
    private func columns(ofExecuted statement: Statement) -> [WireField] {
        if case .execute = statement.command { return statement.shape.columns }
        return columns(of: statement)
    }

    func columns(of command: PostgresCommand, or own: [WireField]) -> [WireField] {
        switch command {
        case .question: own
        case .show(let name?): [WireField(settingName(name), type: PostgresType.text.rawValue)]
        case .show(nil): ["name", "setting", "description"].map { WireField($0, type: PostgresType.text.rawValue) }
        case .execute(let name, _): statements[name].map { columns(ofExecuted: $0) } ?? []
        case .explain(let options, _, _):
            [WireField("QUERY PLAN", type: (Self.says("json", options) ? PostgresType.json : .text).rawValue)]
        case .fetch(_, let cursor, isMove: false): portals[cursor]?.columns ?? []
        default: []
        }
    }

    /// Whether a word of ASCII stands among options, which may be texts of any length: Strings and Characters of many combining marks are not compared.
    private static func says(_ word: String, _ options: String) -> Bool {
        options.utf8.split { !(0x61...0x7A).contains($0 | 0x20) }.contains { $0.elementsEqual(word.utf8) { $0 | 0x20 == $1 } }
    }

    /// Whose rows are described before it runs, it is looked up then.
    func checkShown(_ command: PostgresCommand) throws(PostgresFault) {
        guard !isShown(command), case .show(let name?) = command else { return }
        throw PostgresFault(.undefinedObject, "unrecognized configuration parameter \"\(name)\"")
    }

    func isShown(_ command: PostgresCommand) -> Bool {
        if case .show(let name?) = command { settings[name] != nil } else { true }
    }

    /// As PostgreSQL spells it.
    func settingName(_ name: String) -> String { ["timezone": "TimeZone", "datestyle": "DateStyle", "intervalstyle": "IntervalStyle"][name] ?? name }

    mutating func describe(_ target: FrontendMessage.Target) {
        do throws(PostgresFault) {
            let columns: [WireField]
            switch target {
            case .statement(let name):
                let statement = try statement(name)
                columns = statement.shape.columns
                if block == .failed, !columns.isEmpty { throw Self.failedFault }
                send(.parameterDescription(statement.shape.parameterTypes))
            case .portal(let name):
                let portal = try portal(name)
                columns = zip(portal.columns, portal.formats).map { Self.formatted($0, $1) }
                if block == .failed, !columns.isEmpty { throw Self.failedFault }
            }
            beginImplicit()
            send(columns.isEmpty ? .noData : .rowDescription(columns))
        } catch {
            failMessage(error)
        }
    }

    static func formatted(_ field: WireField, _ format: WireFormat) -> WireField {
        var field = field
        field.format = format
        return field
    }

    // MARK: Execute

    mutating func execute(_ name: String, _ rowsMax: Int) {
        do throws(PostgresFault) {
            let portal = try portal(name)
            if portal.command == .empty { return send(.emptyQuery) }
            if block == .failed, !portal.command.endsTransaction { throw Self.failedFault }
            beginImplicit()
            switch portal.source {
            case .question(let number):
                guard !portal.isFailed else { throw PostgresFault(.notInPrerequisiteState, "portal \"\(name)\" cannot be run") }
                if portal.isDone { return send(.commandComplete(Self.tag(portal.command, rows: 0))) }
                waiting = .execute(name)
                effects.append(.run(.init(portal: number, rows: .next(rowsMax == 0 ? nil : rowsMax), formats: portal.formats)))
            case .command:
                if portal.isDone, let tag = portal.doneTag { return send(.commandComplete(tag)) }
                guard !portal.isDone else { throw PostgresFault(.notInPrerequisiteState, "portal \"\(name)\" cannot be run") }
                perform(portal, name, rowsMax)
            }
        } catch {
            failMessage(error)
        }
    }

    private mutating func perform(_ portal: Portal, _ name: String, _ rowsMax: Int) {
        if let executed = portal.executed { return run(executed, within: ExecutedPart(portal: name, rowsMax: rowsMax)) }
        // A row limit holds for what FETCH, SHOW and EXECUTE give too: then the next Execute goes on. What EXECUTE runs says whether it does.
        let isPart = rowsMax > 0 && portal.command.goesInParts || portal.left != nil || portal.shownCount > 0
        portals[name]?.isDone = !isPart
        if !portal.columns.isEmpty { portals[name]?.doneTag = Self.doneTag(portal.command) }
        let isLimited = rowsMax > 0 && portal.command.runsPrepared
        (activePortal, executeRowsMax) = (name, isPart || isLimited ? rowsMax == 0 ? .max : rowsMax : nil)
        perform(portal.command, formats: portal.formats)
        (activePortal, executeRowsMax) = (nil, nil)
    }

    mutating func finishExecute(_ name: String, _ outcome: SessionInput.Outcome) {
        switch outcome {
        case .failed(let fault):
            portals[name]?.isFailed = true
            failMessage(fault)
        case .suspended: send(.portalSuspended)
        case .finished(let rows):
            portals[name]?.isDone = true
            send(.commandComplete(Self.tag(portals[name]?.command ?? .empty, rows: rows)))
        }
    }

    private static func doneTag(_ command: PostgresCommand) -> String {
        switch command {
        case .show: "SHOW"
        case .fetch: "FETCH 0"
        default: "SELECT 0"
        }
    }

    static func tag(_ command: PostgresCommand, rows: Int) -> String {
        if case .question(let tag) = command, tag != "SELECT" { return tag }
        return "SELECT \(rows)"
    }

    // MARK: Close

    mutating func close(_ target: FrontendMessage.Target) {
        switch target {
        case .statement(let name): drop(statement: name)
        case .portal(let name): if let portal = portals[name] { drop(portal, name) }
        }
        send(.closeComplete)
    }
}
