/// What `\set` gave names to, and what `:name`, `:'name'` and `:"name"` in a statement mean, as psql has them: the value as it is, as a string, as a name;
/// `:{?name}` is whether there is one.
struct ShellVariables {
    private var values: [String: String] = ["LAST_ERROR_MESSAGE": "", "LAST_ERROR_SQLSTATE": "00000"]

    /// What came of the statement that ran last, under psql's names.
    ///
    /// - Parameter rowCount: nil where its form does not say: then ROW_COUNT has no value.
    mutating func keep(rowCount: Int?) {
        (values["ERROR"], values["SQLSTATE"]) = ("false", "00000")
        values["ROW_COUNT"] = rowCount.map { String($0) }
    }

    /// The same of one that failed.
    mutating func keep(state: String, message: String) {
        (values["ERROR"], values["SQLSTATE"], values["ROW_COUNT"]) = ("true", state, "0")
        (values["LAST_ERROR_SQLSTATE"], values["LAST_ERROR_MESSAGE"]) = (state, message)
    }

    /// In the order of their names.
    var all: [(name: String, value: String)] { values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) } }

    subscript(_ name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// Letters, digits and underscores: what a statement can name.
    static func isName(_ text: String) -> Bool { !text.isEmpty && text.unicodeScalars.allSatisfy(isLetter) }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.value > 0x7F || ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    /// The statement with the values in their places. What stands in quotes and comments stays, and so does a name without a value: `[1:n]` is a slice, `a::int` a cast.
    func filled(_ statement: String) -> String {
        guard statement.unicodeScalars.contains(":"), !values.isEmpty || statement.contains(":{?") else { return statement }
        let scalars = Array(statement.unicodeScalars)
        var splitter = StatementSplitter()
        var text = String.UnicodeScalarView()
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            let isCast = place > 0 && scalars[place - 1] == ":"
            if scalar == ":", !isCast, splitter.isPlain, let found = value(at: place + 1, in: scalars) {
                text.append(contentsOf: found.text.unicodeScalars)
                // A value is a word for itself: no quote of the text begins or ends in it.
                _ = splitter.add(" ")
                place = found.end
            } else {
                _ = splitter.add(String(scalar))
                text.append(scalar)
                place += 1
            }
        }
        return String(text)
    }

    /// A command of a shell with the values in their places, whatever quotes are around them: `:'name'` is one word of it.
    func filled(command: String) -> String {
        let scalars = Array(command.unicodeScalars)
        var text = String.UnicodeScalarView()
        var place = 0
        while place < scalars.count {
            if scalars[place] == ":", let found = named(at: place + 1, in: scalars), found.mark != "\"" {
                let value = found.mark == nil ? found.value : "'" + found.value.replacing("'", with: "'\\''") + "'"
                text.append(contentsOf: value.unicodeScalars)
                place = found.end
            } else {
                text.append(scalars[place])
                place += 1
            }
        }
        return String(text)
    }

    /// What stands behind a colon at `place` says, as SQL has it, and where the text goes on; nil where it has no value.
    func value(at place: Int, in scalars: [Unicode.Scalar]) -> (text: String, end: Int)? {
        guard let found = named(at: place, in: scalars) else { return nil }
        guard let mark = found.mark else { return (text: found.value, end: found.end) }
        let quote = String(mark)
        return (text: quote + found.value.replacing(quote, with: quote + quote) + quote, end: found.end)
    }

    /// The value of the name that begins at `place`, and the quotes around it; of `{?name}` whether it has one.
    private func named(at place: Int, in scalars: [Unicode.Scalar]) -> (value: String, mark: Unicode.Scalar?, end: Int)? {
        guard place < scalars.count else { return nil }
        let first = scalars[place]
        let isAsked = first == "{" && place + 1 < scalars.count && scalars[place + 1] == "?"
        let mark: Unicode.Scalar? = first == "'" || first == "\"" ? first : nil
        let start = isAsked ? place + 2 : mark == nil ? place : place + 1
        var end = start
        while end < scalars.count, Self.isLetter(scalars[end]) { end += 1 }
        let value = values[String(String.UnicodeScalarView(scalars[start..<end]))]
        if isAsked {
            guard end > start, end < scalars.count, scalars[end] == "}" else { return nil }
            return (value: value == nil ? "FALSE" : "TRUE", mark: nil, end: end + 1)
        }
        guard let value else { return nil }
        guard let mark else { return (value: value, mark: nil, end: end) }
        return end < scalars.count && scalars[end] == mark ? (value: value, mark: mark, end: end + 1) : nil
    }
}
