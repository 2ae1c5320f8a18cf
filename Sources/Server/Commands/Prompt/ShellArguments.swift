/// What stands behind a command of the prompt: where it ends, and its words.
enum ShellArguments {
    /// They have all of their line.
    private static let wholeLines: Set<String> = ["\\copy", "\\!", "\\h", "\\help", "\\?"]

    /// A line from its backslash on, as its first command and what follows that: another command, or SQL behind `\\`.
    static func cut(_ line: Substring) -> (command: Substring, rest: Substring?) {
        let word = line.prefix { !$0.isWhitespace && $0 != "(" }
        if wholeLines.contains(String(word)) { return (command: line, rest: nil) }
        var quote: Character?
        var isFirst = true
        var place = line.index(line.startIndex, offsetBy: 1, limitedBy: line.endIndex) ?? line.endIndex
        while place < line.endIndex {
            let sign = line[place]
            // A program has the rest of its line.
            if quote == nil, isFirst, sign == "|" { return (command: line, rest: nil) }
            if let open = quote { if sign == open { quote = nil } } else if sign == "'" || sign == "\"" { quote = sign } else if sign == "\\" {
                let rest = line[place...]
                return (command: line[..<place], rest: rest.hasPrefix("\\\\") ? rest.dropFirst(2) : rest)
            }
            if place >= word.endIndex, !sign.isWhitespace { isFirst = false }
            place = line.index(after: place)
        }
        return (command: line, rest: nil)
    }

    /// Words apart; one in single quotes may have blanks, and a quote doubled.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var isBehindQuote = false
        for character in text {
            if character == "'" {
                // The second of two within quotes is one of the word.
                if !isQuoted, isBehindQuote { word = (word ?? "") + "'" }
                isBehindQuote = isQuoted
                isQuoted.toggle()
                word = word ?? ""
                continue
            }
            isBehindQuote = false
            if !isQuoted, character.isWhitespace {
                if let whole = word { words.append(whole) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let last = word { words.append(last) }
        return words
    }
}

extension String {
    /// Without blanks and line breaks around it.
    var trimmed: String { String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}
