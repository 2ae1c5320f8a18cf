/// Statements within statements: what is handed on is text, and where it stands.
extension CommandReader {
    mutating func prepare() throws(PostgresFault) -> PostgresCommand {
        let name = try name()
        var types: [PostgresCommand.Piece] = []
        if let open = token, skip("(") { types = try typeNames(from: open.range.upperBound) }
        try expect("as")
        let (query, start) = try rest()
        return .prepare(name: name, types: types, query: .init(query, start: start))
    }

    /// `PREPARE TRANSACTION 'x'`, `COMMIT PREPARED 'x'` and `ROLLBACK PREPARED 'x'`, as drivers say them for transactions over several servers.
    ///
    /// - Throws: what PostgreSQL says where `max_prepared_transactions` is 0, as it is unless somebody sets it.
    func refuseTwoPhases(_ word: String) throws(PostgresFault) {
        guard let token, token.kind == .word, place + 1 < statement.tokens.count, statement.tokens[place + 1].kind == .text else { return }
        switch (word, token.value) {
        case ("prepare", "transaction"):
            throw PostgresFault(.notInPrerequisiteState, "prepared transactions are disabled", hint: "Nothing is written here: COMMIT or ROLLBACK ends a transaction.")
        case ("commit", "prepared"), ("rollback", "prepared"):
            throw PostgresFault(.undefinedObject, "prepared transaction with identifier \"\(statement.tokens[place + 1].value)\" does not exist")
        default: return
        }
    }

    /// `SET CONSTRAINTS ALL DEFERRED`, as Django says it around what it writes.
    ///
    /// - Throws: 42704 for one by its name.
    mutating func constraints() throws(PostgresFault) -> PostgresCommand {
        if !skip("all") {
            var name = try name()
            while skip(".") { name = try self.name() }
            throw PostgresFault(.undefinedObject, "constraint \"\(name)\" does not exist")
        }
        guard skip("deferred", "immediate") else { throw unexpected }
        return .constraints
    }

    /// `int, numeric(10, 2)[], "char")`: each as it is written.
    private mutating func typeNames(from start: Int) throws(PostgresFault) -> [PostgresCommand.Piece] {
        var types: [PostgresCommand.Piece] = []
        var begin = start, depth = 0, isEmpty = true
        while let next = token {
            let isEnd = next.kind == .mark && depth == 0 && (next.value == "," || next.value == ")")
            if isEnd {
                guard !isEmpty else { throw unexpected }
                types.append(.init(text(begin..<next.range.lowerBound), start: begin))
                (begin, isEmpty) = (next.range.upperBound, true)
            } else {
                isEmpty = false
                if next.kind == .mark, next.value == "(" { depth += 1 }
                if next.kind == .mark, next.value == ")" { depth -= 1 }
            }
            place += 1
            if isEnd, next.value == ")" { return types }
        }
        throw unexpected
    }

    /// Of an argument only its first token is kept: it ends at the next comma that is.
    mutating func execute() throws(PostgresFault) -> PostgresCommand {
        let name = try name()
        guard let open = token, skip("(") else {
            guard token == nil else { throw unexpected }
            return .execute(name: name, arguments: [])
        }
        var arguments: [PostgresCommand.Piece] = []
        var begin = open.range.upperBound
        while let first = token {
            guard first.kind != .mark || first.value != "," && first.value != ")" else { throw unexpected }
            place += 1
            guard let end = token, skip(",", ")") else { break }
            arguments.append(.init(text(begin..<end.range.lowerBound), start: begin))
            begin = end.range.upperBound
            guard end.value == ")" else { continue }
            guard token == nil else { throw unexpected }
            return .execute(name: name, arguments: arguments)
        }
        throw unexpected
    }

    /// Writes that PostgreSQL explains.
    private static let explained: Set<String> = ["insert", "update", "delete", "merge", "create", "refresh"]

    /// EXPLAIN of a question is one; of EXECUTE, what was prepared is explained.
    mutating func explain() throws(PostgresFault) -> PostgresCommand {
        while skip("analyze", "verbose") {}
        if skip("(") {
            var depth = 1
            while depth > 0, let next = token {
                if next.kind == .mark, next.value == "(" { depth += 1 }
                if next.kind == .mark, next.value == ")" { depth -= 1 }
                place += 1
            }
        }
        guard let word = token else { return .question(tag: "EXPLAIN") }
        // Of a write no plan is shown, either: with ANALYZE it would be done.
        if word.kind == .word, Self.explained.contains(word.value) { return .write(tag: word.value.uppercased()) }
        guard skip("execute"), case .execute(let name, let arguments) = try execute() else { return .question(tag: "EXPLAIN") }
        return .explain(options: text(0..<word.range.lowerBound), name: name, arguments: arguments)
    }

    mutating func declare() throws(PostgresFault) -> PostgresCommand {
        var cursor = PostgresCommand.Cursor(name: try name(), query: .init(""))
        var said: Set<String> = []
        while !skip("cursor") {
            if skip("binary") {
                cursor.isBinary = true
            } else if skip("scroll") {
                cursor.isScrollable = true
                said.insert("scroll")
            } else if skip("no") {
                try expect("scroll")
                said.insert("no scroll")
            } else if skip("insensitive") {
                said.insert("insensitive")
            } else if skip("asensitive") {
                said.insert("asensitive")
            } else {
                throw unexpected
            }
        }
        for (one, other) in [("scroll", "no scroll"), ("insensitive", "asensitive")] where said.isSuperset(of: [one, other]) {
            throw PostgresFault(SQLState(rawValue: "42P11"), "cannot specify both \(one.uppercased()) and \(other.uppercased())")
        }
        cursor.isForwardOnly = said.contains("no scroll")
        if skip("with") {
            try expect("hold")
            cursor.isHeld = true
        } else if skip("without") {
            try expect("hold")
        }
        try expect("for")
        if let token, token.kind == .word, token.value == "explain" { throw unexpected }
        let (query, start) = try rest()
        cursor.query = .init(query, start: start)
        return .declare(cursor)
    }

    /// LOCK … IN ACCESS SHARE MODE, which pg_dump says, is what every transaction has here of all it sees. Any other mode would hold up who writes.
    mutating func lock() -> PostgresCommand {
        while let token, token.kind != .word || token.value != "in" { place += 1 }
        guard skip("in"), skip("access"), skip("share"), skip("mode") else { return .write(tag: "LOCK TABLE") }
        _ = skip("nowait")
        return .lock
    }

    // MARK: COPY

    mutating func copy() throws(PostgresFault) -> PostgresCommand {
        let query: PostgresCommand.Piece, isBinary = skip("binary")
        if let open = token, skip("(") {
            // What stands between is not kept.
            guard let close = token, skip(")") else { throw unexpected }
            query = .init(text(open.range.upperBound..<close.range.lowerBound), start: open.range.upperBound)
        } else {
            guard let table = try copiedTable() else { return .write(tag: "COPY FROM") }
            query = .init(table)
        }
        guard !skip("from") else { return .write(tag: "COPY FROM") }
        try expect("to")
        // As there, either word is the client.
        guard skip("stdout", "stdin") else {
            throw PostgresFault(.featureNotSupported, "COPY to a file is not supported", hint: "COPY … TO STDOUT sends it to the client; psql's \\copy writes it there.")
        }
        return .copyOut(query: query, try copyOptions(isBinary: isBinary))
    }

    /// `table [(columns)]` as a question; nil where it goes in and not out.
    private mutating func copiedTable() throws(PostgresFault) -> String? {
        func quote(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
        var table = quote(try name())
        while skip(".") { table += "." + quote(try name()) }
        var columns: [String] = []
        if skip("(") {
            repeat { columns.append(quote(try name())) } while skip(",")
            try expect(")")
        }
        if let token, token.kind == .word, token.value == "from" { return nil }
        return "SELECT \(columns.isEmpty ? "*" : columns.joined(separator: ", ")) FROM \(table)"
    }
}
