/// The words behind a command, as psql reads them: in single quotes with escapes, in double quotes as they stand, in backquotes what a program writes. Values of
/// variables and what programs write are part of a word whatever stands in them.
struct ShellWords {
    let variables: ShellVariables
    /// Runs a command of a shell, and gives what it writes.
    let run: (String) throws -> String

    /// - Throws: for a quote that nothing ends, and what `run` throws.
    func words(_ text: String) throws -> [String] {
        let scalars = Array(text.unicodeScalars)
        var words: [String] = []
        // As bytes: an escape may name a part of a letter.
        var word: [UInt8]?
        func add(_ bytes: some Sequence<UInt8>) {
            if word == nil { word = [] }
            word?.append(contentsOf: bytes)
        }
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            switch scalar {
            case "'":
                let quoted = try Self.escaped(scalars, from: place + 1)
                add(quoted.bytes)
                place = quoted.end
            case "\"", "`":
                guard let end = scalars[(place + 1)...].firstIndex(of: scalar) else { throw Self.unterminated }
                let inner = Self.text(scalars[(place + 1)..<end])
                if scalar == "`" { add(try written(by: inner).utf8) } else { add("\"\(inner)\"".utf8) }
                place = end + 1
            case ":":
                let found = variables.value(at: place + 1, in: scalars)
                add((found?.text ?? ":").utf8)
                place = found?.end ?? place + 1
            case _ where scalar.properties.isWhitespace:
                if let whole = word { words.append(String(decoding: whole, as: UTF8.self)) }
                word = nil
                place += 1
            default:
                add(String(scalar).utf8)
                place += 1
            }
        }
        if let last = word { words.append(String(decoding: last, as: UTF8.self)) }
        return words
    }

    private static let unterminated = CommandError("unterminated quoted string")

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(scalars)) }

    /// Without the line break that nearly every program ends with.
    private func written(by command: String) throws -> String {
        let output = try run(variables.filled(command: command))
        return output.unicodeScalars.last == "\n" ? String(output.unicodeScalars.dropLast()) : output
    }

    /// What stands in single quotes, and the place behind them.
    private static func escaped(_ scalars: [Unicode.Scalar], from start: Int) throws(CommandError) -> (bytes: [UInt8], end: Int) {
        var bytes: [UInt8] = []
        var place = start
        while place < scalars.count {
            let scalar = scalars[place]
            let next: Unicode.Scalar? = place + 1 < scalars.count ? scalars[place + 1] : nil
            switch (scalar, next) {
            case ("'", "'"):
                bytes.append(UInt8(ascii: "'"))
                place += 2
            case ("'", _): return (bytes: bytes, end: place + 1)
            case ("\\", let next?):
                let found = escape(next, scalars, at: place + 1)
                bytes.append(contentsOf: found.bytes)
                place = found.end
            default:
                bytes.append(contentsOf: String(scalar).utf8)
                place += 1
            }
        }
        throw unterminated
    }

    /// What `\n`, `\t`, `\101` or `\x41` stands for, the backslash before `place`; any other sign for itself.
    private static func escape(_ sign: Unicode.Scalar, _ scalars: [Unicode.Scalar], at place: Int) -> (bytes: [UInt8], end: Int) {
        switch sign {
        case "n": return (bytes: [0x0A], end: place + 1)
        case "t": return (bytes: [0x09], end: place + 1)
        case "b": return (bytes: [0x08], end: place + 1)
        case "r": return (bytes: [0x0D], end: place + 1)
        case "f": return (bytes: [0x0C], end: place + 1)
        case "0"..."7":
            let digits = text(scalars[place...].prefix(3).prefix { ("0"..."7").contains($0) })
            return (bytes: [UInt8(truncatingIfNeeded: Int(digits, radix: 8) ?? 0)], end: place + digits.unicodeScalars.count)
        case "x":
            let digits = text(scalars[(place + 1)...].prefix(2).prefix { $0.isASCII && $0.properties.isASCIIHexDigit })
            guard let value = UInt8(digits, radix: 16) else { break }
            return (bytes: [value], end: place + 1 + digits.unicodeScalars.count)
        default: break
        }
        return (bytes: Array(String(sign).utf8), end: place + 1)
    }
}
