/// Where a command of the prompt ends.
enum ShellArguments {
    /// They have all of their line.
    private static let wholeLines: Set<String> = ["\\copy", "\\!", "\\h", "\\help", "\\?"]

    /// A line from its backslash on, as its first command and what follows that: another command, or SQL behind `\\`.
    static func cut(_ line: Substring) -> (command: Substring, rest: Substring?) {
        let word = line.prefix { !$0.isWhitespace && $0 != "(" }
        if wholeLines.contains(String(word)) { return (command: line, rest: nil) }
        let takesOptions = ShellOperands.takesOptions(String(word))
        var quote: Character?
        var isFirst = true
        var place = line.index(line.startIndex, offsetBy: 1, limitedBy: line.endIndex) ?? line.endIndex
        while place < line.endIndex {
            let sign = line[place]
            // A program has the rest of its line.
            if quote == nil, isFirst, sign == "|" { return (command: line, rest: nil) }
            if let open = quote {
                // What stands behind a backslash in single quotes ends none.
                let next = line.index(after: place)
                if open == "'", sign == "\\", next < line.endIndex { place = next } else if sign == open { quote = nil }
            } else if sign == "'" || sign == "\"" || sign == "`" {
                quote = sign
            } else if sign == "\\" {
                let rest = line[place...]
                return (command: line[..<place], rest: rest.hasPrefix("\\\\") ? rest.dropFirst(2) : rest)
            }
            // A program may stand behind options.
            if place >= word.endIndex, !sign.isWhitespace { isFirst = takesOptions && quote == nil && sign == ")" }
            place = line.index(after: place)
        }
        return (command: line, rest: nil)
    }
}

extension String {
    /// Without blanks and line breaks around it.
    var trimmed: String { String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}
