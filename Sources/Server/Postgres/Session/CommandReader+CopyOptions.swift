/// What stands behind COPY … TO STDOUT, in the newer form and in the older ones.
extension CommandReader {
    mutating func copyOptions(isBinary: Bool) throws(PostgresFault) -> CopyOptions {
        var options = CopyOptions(), seen: Set<String> = []
        if isBinary { options.form = .binary }
        let isList: Bool
        _ = skip("using")
        isList = skip("with") && skip("(") || skip("(")
        while let next = token {
            _ = skip("with") || skip("using")
            let place = next.range.lowerBound
            let option = try copyOption(&options, isList: isList, at: place + 1)
            guard seen.insert(option).inserted else { throw PostgresFault(.syntaxError, "conflicting or redundant options", position: place + 1) }
            // The newer form has commas, the older none.
            if isList, !skip(",") { break }
        }
        if isList { try expect(")") }
        guard token == nil else { throw unexpected }
        try Self.check(options, seen)
        return options
    }

    private static func check(_ options: CopyOptions, _ seen: Set<String>) throws(PostgresFault) {
        func invalid(_ text: String) -> PostgresFault { PostgresFault(.invalidParameterValue, text) }
        if options.form == .binary, let option = ["delimiter", "null", "header"].first(where: seen.contains), option != "header" || options.hasHeader {
            throw PostgresFault(option == "header" ? .featureNotSupported : .syntaxError, "cannot specify \(option.uppercased()) in BINARY mode")
        }
        if options.form != .csv, let option = ["quote", "escape", "force_quote"].first(where: seen.contains) {
            throw PostgresFault(.featureNotSupported, "COPY \(option) available only in CSV mode")
        }
        let delimiter = options.delimiterByte
        guard delimiter != 0x0A, delimiter != 0x0D else { throw invalid("COPY delimiter cannot be newline or carriage return") }
        let null = options.nullText.utf8
        guard !null.contains(0x0A), !null.contains(0x0D) else { throw invalid("COPY null representation cannot use newline or carriage return") }
        if options.form == .text, "\\.abcdefghijklmnopqrstuvwxyz0123456789".utf8.contains(delimiter) {
            throw invalid("COPY delimiter cannot be \"\(Character(Unicode.Scalar(delimiter)))\"")
        }
        if options.form == .csv, delimiter == options.quote { throw invalid("COPY delimiter and quote must be different") }
        if options.form != .binary, null.contains(delimiter) { throw PostgresFault(.featureNotSupported, "COPY delimiter must not appear in the NULL specification") }
        if options.form == .csv, null.contains(options.quote) { throw PostgresFault(.featureNotSupported, "CSV quote character must not appear in the NULL specification") }
    }

    /// Its name, as PostgreSQL says it today.
    private mutating func copyOption(_ options: inout CopyOptions, isList: Bool, at position: Int) throws(PostgresFault) -> String {
        func byte(_ text: String, _ what: String) throws(PostgresFault) -> UInt8 {
            guard text.utf8.count == 1, let byte = text.utf8.first else { throw PostgresFault(.featureNotSupported, "COPY \(what) must be a single one-byte character") }
            return byte
        }
        let option = try name()
        _ = skip("as")
        switch option {
        case "format":
            let word = try item()
            guard let form = CopyOptions.Form(rawValue: word) else { throw PostgresFault(.invalidParameterValue, "COPY format \"\(word)\" not recognized", position: position) }
            options.form = form
        case "csv": options.form = .csv
        case "binary": options.form = .binary
        case "header": options.hasHeader = try copyFlag(option, isList)
        case "delimiter", "delimiters":
            options.delimiter = try byte(try item(), "delimiter")
            return "delimiter"
        case "null": options.null = try item()
        case "quote": options.quote = try byte(try item(), "quote")
        case "escape": options.escape = try byte(try item(), "escape")
        case "encoding":
            // As with client_encoding.
            let encoding = try item()
            guard SessionSettings.encoding(named: encoding) != nil else {
                throw PostgresFault(.invalidParameterValue, "COPY's rows are in UTF8, not in \"\(encoding)\"", position: position)
            }
        case "freeze": _ = try copyFlag(option, isList)
        case "force", "force_quote":
            if option == "force" { try expect("quote") }
            options.quoted = try quotedColumns(isList: isList)
            return "force_quote"
        case "force_null", "force_not_null": throw PostgresFault(.featureNotSupported, "COPY \(option) is for COPY FROM")
        default: throw PostgresFault(.syntaxError, "option \"\(option)\" not recognized", position: position)
        }
        return option == "csv" || option == "binary" ? "format" : option
    }

    /// The older form has no values for it.
    private mutating func copyFlag(_ option: String, _ isList: Bool) throws(PostgresFault) -> Bool {
        guard isList, let next = token, next.kind != .mark else { return true }
        let text = try item()
        guard ["true", "on", "1", "false", "off", "0"].contains(text.lowercased()), let flag = SettingValues.flag(text) else {
            throw PostgresFault(.syntaxError, "\(option) requires a Boolean value")
        }
        return flag
    }

    private mutating func quotedColumns(isList: Bool) throws(PostgresFault) -> CopyOptions.Quoted {
        if skip("*") { return .all }
        if isList { try expect("(") }
        var names: [String] = []
        repeat { names.append(try name()) } while skip(",")
        if isList { try expect(")") }
        return .columns(names)
    }
}
