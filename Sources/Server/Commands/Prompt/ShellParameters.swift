/// The values that `\bind` has for `$1`, `$2` … of a statement.
enum ShellParameters {
    /// - Throws: where there are values that no place of the statement takes, or several statements: PostgreSQL refuses both.
    static func check(_ values: [String], for statements: [String]) throws(CommandError) {
        if statements.count > 1 { throw CommandError("\\bind is for one statement, not for \(statements.count) that are sent together") }
        let count = placeCount(in: statements.first ?? "")
        if values.count > count { throw CommandError("\\bind has \(values.count) values, and the statement takes \(count)") }
    }

    /// The highest number behind a `$` outside quotes and comments. Of one with more digits than a place can have nothing is said here: the statement is refused.
    static func placeCount(in statement: String) -> Int {
        var splitter = StatementSplitter()
        var highest = 0, digits: String?, isWord = false
        func end() {
            highest = max(highest, digits.flatMap { Int($0) } ?? 0)
            digits = nil
        }
        for scalar in statement.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit { digits?.unicodeScalars.append(scalar) } else { end() }
            if scalar == "$", !isWord, splitter.isPlain { digits = "" }
            isWord = scalar == "$" || scalar == "_" || scalar.value > 0x7F || isDigit || scalar.properties.isAlphabetic
            _ = splitter.add(String(scalar))
        }
        end()
        return highest
    }
}
