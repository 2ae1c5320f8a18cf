/// The startup parameter `options`: words as on a command line, `-c name=value` and `--name=value`, with backslashes before blanks that belong to a value.
enum StartupOptions {
    /// - Throws: 42601 for anything else.
    static func parameters(_ text: String) throws(PostgresFault) -> [StartupMessage.Startup.Parameter] {
        var found: [StartupMessage.Startup.Parameter] = []
        var words = words(text)[...]
        while let word = words.popFirst() {
            var setting = Substring(word)
            if word == "-c" {
                guard let next = words.popFirst() else { throw invalid(word) }
                setting = Substring(next)
            } else if word.hasPrefix("-c") || word.hasPrefix("--") {
                setting = word.dropFirst(2)
            } else {
                throw invalid(word)
            }
            guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else { throw invalid(word) }
            // As on PostgreSQL's command line, `--idle-session-timeout` is the setting with underscores.
            let name = setting[..<equals].replacing("-", with: "_").lowercased()
            found.append(StartupMessage.Startup.Parameter(name, String(setting[setting.index(after: equals)...])))
        }
        return found
    }

    private static func invalid(_ word: String) -> PostgresFault {
        PostgresFault(.syntaxError, "invalid command-line argument for server process: \(word)", severity: .fatal)
    }

    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = "", isEscaped = false, isBegun = false
        for character in text.unicodeScalars {
            if isEscaped {
                word.unicodeScalars.append(character)
                isEscaped = false
            } else if character == "\\" {
                (isEscaped, isBegun) = (true, true)
            } else if character == " " || character == "\t" || character == "\n" {
                if isBegun { words.append(word) }
                (word, isBegun) = ("", false)
            } else {
                word.unicodeScalars.append(character)
                isBegun = true
            }
        }
        return isBegun ? words + [word] : words
    }
}
