internal import ColumnStore
internal import Query

/// Tells a statement by its first words, and reads those that a session does itself.
package struct CommandReader {
    let statement: StatementScanner.Statement
    var place = 0
    /// Where the piece that was cut out last ends, in scalars and in the text. Pieces come in the text's order, so that all of them cost one walk.
    private var cut: (scalars: Int, index: String.Index)

    private init(_ statement: StatementScanner.Statement) {
        self.statement = statement
        cut = (0, statement.text.startIndex)
    }

    /// - Throws: 42601 at the token that does not fit; 0A000, 22023 and others for what is not done.
    package static func command(_ statement: StatementScanner.Statement) throws(PostgresFault) -> PostgresCommand {
        var reader = CommandReader(statement)
        let command = try reader.command()
        // Questions and writes are read no further here.
        switch command {
        case .question, .write, .prepare, .declare, .execute, .explain, .copyOut, .empty: break
        default: guard reader.token == nil else { throw reader.unexpected }
        }
        return command
    }

    // MARK: Tokens

    var token: StatementToken? { place < statement.tokens.count ? statement.tokens[place] : nil }

    var unexpected: PostgresFault {
        guard let token else { return PostgresFault(.syntaxError, "syntax error at end of input", position: statement.text.unicodeScalars.count + 1) }
        let text = statement.text.unicodeScalars.dropFirst(token.range.lowerBound).prefix(token.range.count)
        return PostgresFault(.syntaxError, "syntax error at or near \"\(String(String.UnicodeScalarView(text)))\"", position: token.range.lowerBound + 1)
    }

    mutating func skip(_ words: String...) -> Bool {
        guard let token, token.kind == .word || token.kind == .mark, words.contains(token.value) else { return false }
        place += 1
        return true
    }

    mutating func expect(_ word: String) throws(PostgresFault) {
        guard skip(word) else { throw unexpected }
    }

    mutating func name() throws(PostgresFault) -> String {
        guard let token, token.kind == .word || token.kind == .quoted else { throw unexpected }
        place += 1
        return token.value
    }

    private mutating func integer() throws(PostgresFault) -> Int? {
        let start = place
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let token, token.kind == .number, let value = Int32(token.value) else {
            place = start
            return nil
        }
        place += 1
        return isNegative ? 0 - Int(value) : Int(value)
    }

    /// What stands from here to the end, and where it begins.
    mutating func rest() throws(PostgresFault) -> (String, Int) {
        guard let token else { throw unexpected }
        return (text(token.range.lowerBound..<statement.text.unicodeScalars.count), token.range.lowerBound)
    }

    /// - Parameter range: in the text's scalars.
    mutating func text(_ range: Range<Int>) -> String {
        let scalars = statement.text.unicodeScalars
        if range.lowerBound < cut.scalars { cut = (0, scalars.startIndex) }
        let begin = scalars.index(cut.index, offsetBy: range.lowerBound - cut.scalars, limitedBy: scalars.endIndex) ?? scalars.endIndex
        let end = scalars.index(begin, offsetBy: range.count, limitedBy: scalars.endIndex) ?? scalars.endIndex
        cut = (range.upperBound, end)
        return String(scalars[begin..<end])
    }

    // MARK: Commands

    private mutating func command() throws(PostgresFault) -> PostgresCommand {
        guard let first = token else { return .empty }
        guard first.kind == .word else { return .question(tag: "SELECT") }
        place += 1
        try refuseTwoPhases(first.value)
        switch first.value {
        case "begin": return try begin("BEGIN")
        case "start":
            try expect("transaction")
            return try begin("START TRANSACTION")
        case "commit", "end": return .commit(isChained: try chain())
        case "rollback", "abort": return try rollback()
        case "savepoint": return .savepoint(try name())
        case "release":
            _ = skip("savepoint")
            return .release(try name())
        case "set": return try set()
        case "reset": return .reset(skip("all") ? nil : try setting())
        case "show": return try show()
        case "discard": return .discard(try name().uppercased())
        case "deallocate":
            _ = skip("prepare")
            return .deallocate(skip("all") ? nil : try name())
        case "close": return .close(skip("all") ? nil : try name())
        case "listen", "unlisten":
            if !skip("*") { _ = try name() }
            return .listen(tag: first.value.uppercased())
        case "fetch", "move": return try fetch(isMove: first.value == "move")
        default: return try asking(first.value)
        }
    }

    private mutating func asking(_ word: String) throws(PostgresFault) -> PostgresCommand {
        switch word {
        case "prepare": return try prepare()
        case "execute": return try execute()
        case "declare": return try declare()
        case "copy": return try copy()
        case "explain": return try explain()
        case "lock": return lock()
        case "insert", "update", "delete", "merge", "truncate", "notify", "vacuum", "analyze", "cluster", "reindex", "call", "do", "load", "checkpoint", "grant", "revoke", "import", "refresh":
            return .write(tag: word.uppercased())
        case "create", "alter", "drop", "comment", "security", "reassign":
            guard let next = token else { throw unexpected }
            return .write(tag: word.uppercased() + (next.kind == .word ? " " + next.value.uppercased() : ""))
        default: return .question(tag: "SELECT")
        }
    }

    /// ISOLATION LEVEL …, READ ONLY and READ WRITE are all this server's one way: a transaction sees one state and writes nothing. The level that is said, if any.
    private mutating func modes() throws(PostgresFault) -> String? {
        var level: String?
        while token != nil {
            if skip("isolation") {
                try expect("level")
                if skip("serializable") {
                    level = "serializable"
                } else if skip("repeatable") {
                    try expect("read")
                    level = "repeatable read"
                } else {
                    try expect("read")
                    let isCommitted = skip("committed")
                    if !isCommitted { try expect("uncommitted") }
                    level = isCommitted ? "read committed" : "read uncommitted"
                }
            } else if skip("read") {
                guard skip("only", "write") else { throw unexpected }
            } else {
                _ = skip("not")
                try expect("deferrable")
            }
            _ = skip(",")
        }
        return level
    }

    private mutating func begin(_ tag: String) throws(PostgresFault) -> PostgresCommand {
        _ = skip("work", "transaction")
        return .begin(tag: tag, level: try modes())
    }

    private mutating func chain() throws(PostgresFault) -> Bool {
        _ = skip("work", "transaction")
        guard skip("and") else { return false }
        let isNot = skip("no")
        try expect("chain")
        return !isNot
    }

    private mutating func rollback() throws(PostgresFault) -> PostgresCommand {
        _ = skip("work", "transaction")
        if skip("to") {
            _ = skip("savepoint")
            return .rollbackTo(try name())
        }
        return .rollback(isChained: try chain())
    }

    // MARK: Settings

    private mutating func setting() throws(PostgresFault) -> String {
        if skip("time") {
            try expect("zone")
            return "timezone"
        }
        if skip("transaction") {
            try expect("isolation")
            try expect("level")
            return "transaction_isolation"
        }
        if skip("session") {
            try expect("authorization")
            return "session_authorization"
        }
        var found = try name()
        while skip(".") { found += "." + (try name()) }
        return found.lowercased()
    }

    private mutating func set() throws(PostgresFault) -> PostgresCommand {
        let isLocal = skip("local")
        if !isLocal, skip("session") {
            if skip("characteristics") {
                try expect("as")
                try expect("transaction")
                return .setTransaction(isOfSession: true, level: try modes())
            }
            if skip("authorization") { return .set(name: "session_authorization", value: skip("default") ? nil : try item(), isLocal: false) }
        }
        if skip("transaction") {
            return .setTransaction(isOfSession: false, level: try modes())
        }
        if skip("constraints") { return try constraints() }
        if skip("time") {
            try expect("zone")
            if skip("interval") { return .set(name: "timezone", value: try intervalZone(), isLocal: isLocal) }
            return .set(name: "timezone", value: skip("local", "default") ? nil : try value(), isLocal: isLocal)
        }
        if skip("names") { return .set(name: "client_encoding", value: skip("default") ? nil : try value(), isLocal: isLocal) }
        if skip("xml") {
            if skip("option") { return .set(name: "xmloption", value: try item(), isLocal: isLocal) }
            // A name of anybody's own: `xml.this = 1`.
            place -= 1
        }
        if skip("schema") { return .set(name: "search_path", value: SettingValues.quoted(try item()), isLocal: isLocal) }
        let name = try setting()
        // `SET ROLE x` is `SET role = x`.
        guard skip("=", "to") || name == "role" else { throw unexpected }
        return .set(name: name, value: skip("default") ? nil : try value(SettingValues.isOfNames(name)), isLocal: isLocal)
    }

    /// `'-08:00' HOUR TO MINUTE`: the zone so far east of Greenwich.
    private mutating func intervalZone() throws(PostgresFault) -> String {
        let text = try item()
        var fields: IntervalText.Fields?
        if skip("hour") {
            fields = .hour
            if skip("to") {
                try expect("minute")
                fields = .hourToMinute
            }
        }
        guard let interval = IntervalText.read(Array(text.utf8)[...], fields: fields), interval.months == 0, interval.days == 0 else {
            throw PostgresFault(.invalidParameterValue, "invalid interval value for time zone")
        }
        return TimeZoneRules.posixName(secondsEast: Int(interval.microseconds / 1_000_000))
    }

    /// A word, a text or a number; several with commas between are one list.
    private mutating func value(_ isOfNames: Bool = false) throws(PostgresFault) -> String {
        var parts: [String] = []
        repeat {
            let part = try item()
            parts.append(isOfNames ? SettingValues.quoted(part) : part)
        } while skip(",")
        return parts.joined(separator: ", ")
    }

    mutating func item() throws(PostgresFault) -> String {
        let isNegative = skip("-")
        guard let token, token.kind != .mark else { throw unexpected }
        guard !CombiningMarks.hasLongRun(token.value) else { throw PostgresFault(PostgresFault.marks.state, PostgresFault.marks.message, position: token.range.lowerBound + 1) }
        place += 1
        return (isNegative ? "-" : "") + token.value
    }

    /// `SHOW TABLES` is the question language's own.
    private mutating func show() throws(PostgresFault) -> PostgresCommand {
        if skip("tables", "columns") {
            place = statement.tokens.count
            return .question(tag: "SHOW")
        }
        return .show(skip("all") ? nil : try setting())
    }

    private mutating func fetch(isMove: Bool) throws(PostgresFault) -> PostgresCommand {
        var direction = FetchDirection.forward(1)
        if skip("next") {
            direction = .forward(1)
        } else if skip("prior") {
            direction = .backward(1)
        } else if skip("first") {
            direction = .absolute(1)
        } else if skip("last") {
            direction = .absolute(-1)
        } else if skip("absolute") {
            guard let count = try integer() else { throw unexpected }
            direction = .absolute(count)
        } else if skip("relative") {
            guard let count = try integer() else { throw unexpected }
            direction = .relative(count)
        } else if skip("all") {
            direction = .forward(nil)
        } else if skip("forward") {
            direction = .forward(skip("all") ? nil : try integer() ?? 1)
        } else if skip("backward") {
            direction = .backward(skip("all") ? nil : try integer() ?? 1)
        } else if let count = try integer() {
            direction = .forward(count)
        }
        _ = skip("from", "in")
        return .fetch(direction, cursor: try name(), isMove: isMove)
    }
}
