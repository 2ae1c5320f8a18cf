/// What `\set` gave names to, and what `:name`, `:'name'` and `:"name"` in a statement mean, as psql has them: the value as it is, as a string, as a name.
struct ShellVariables {
    private var values: [String: String] = [:]

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
        guard !values.isEmpty, statement.unicodeScalars.contains(":") else { return statement }
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

    /// What the name that begins at `place` stands for, and where the text goes on; nil where it has no value.
    private func value(at place: Int, in scalars: [Unicode.Scalar]) -> (text: String, end: Int)? {
        guard place < scalars.count else { return nil }
        let mark: Unicode.Scalar? = scalars[place] == "'" || scalars[place] == "\"" ? scalars[place] : nil
        let start = mark == nil ? place : place + 1
        var end = start
        while end < scalars.count, Self.isLetter(scalars[end]) { end += 1 }
        guard let value = values[String(String.UnicodeScalarView(scalars[start..<end]))] else { return nil }
        guard let mark else { return (text: value, end: end) }
        guard end < scalars.count, scalars[end] == mark else { return nil }
        let quote = String(mark)
        return (text: quote + value.replacing(quote, with: quote + quote) + quote, end: end + 1)
    }
}
