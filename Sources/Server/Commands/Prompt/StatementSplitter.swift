/// Cuts text into statements at the semicolons that stand outside quotes and comments, as PostgreSQL writes both: '…', "…", E'…', $tag$…$tag$,
/// -- to the line's end, and nesting /* … */.
///
/// Scalars are looked at once, as they come, so that text may come in any pieces: `previous` and `word` carry what a sign at the edge needs. (Of a dollar quote
/// its end is compared with the text's.)
package struct StatementSplitter {
    private enum Place {
        case plain, line
        case block(depth: Int)
        case quoted(by: Unicode.Scalar, escapes: Bool)
        /// What came of a dollar quote's tag so far; a parameter's number is none.
        case opening(tag: String)
        /// `count` scalars stand in it so far.
        case dollar(closing: String, count: Int)
    }

    private var text = ""
    private var place = Place.plain
    /// The scalar before, where it can make one sign with the next.
    private var previous: Unicode.Scalar?
    /// The word that the text ends with outside quotes and comments.
    private var word = ""

    package init() {}

    /// Outside quotes and comments.
    package var isPlain: Bool { if case .plain = place { true } else { false } }

    package var isEmpty: Bool { text.allSatisfy(\.isWhitespace) }

    /// What no semicolon has ended yet.
    package var rest: String { text }

    /// The statements that `more` completes, without their semicolons; blank ones are left out.
    package mutating func add(_ more: String) -> [String] {
        var complete: [String] = []
        for scalar in more.unicodeScalars {
            if case .opening(let tag) = place { open(tag, with: scalar) }
            if case .plain = place, scalar == ";" {
                if !isEmpty { complete.append(text) }
                self = StatementSplitter()
                continue
            }
            text.unicodeScalars.append(scalar)
            take(scalar)
        }
        return complete
    }

    /// `\;`: a semicolon that ends nothing yet. The statements around it are one text, which stays until a plain one ends it.
    /// - Precondition: it stands outside quotes and comments.
    package mutating func join() {
        text.unicodeScalars.append(";")
        leave(for: .plain)
    }

    /// All statements of a text, the last one without its semicolon too; blank ones are left out.
    package static func statements(of text: String) -> [String] {
        var splitter = StatementSplitter()
        let complete = splitter.add(text)
        return splitter.isEmpty ? complete : complete + [splitter.rest]
    }

    /// What cannot stand in a tag makes its dollar a plain sign.
    private mutating func open(_ tag: String, with scalar: Unicode.Scalar) {
        if Self.isWord(scalar), !(tag.isEmpty && Self.isDigit(scalar)) {
            place = .opening(tag: tag + String(scalar))
        } else if scalar != "$" {
            place = .plain
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        switch place {
        case .plain: begin(scalar)
        case .line: if scalar == "\n" || scalar == "\r" { leave(for: .plain) }
        case .block(let depth):
            if previous == "*", scalar == "/" { return leave(for: depth > 1 ? .block(depth: depth - 1) : .plain) }
            if previous == "/", scalar == "*" { return leave(for: .block(depth: depth + 1)) }
            previous = scalar
        case .quoted(let mark, let escapes):
            if escapes, previous == "\\" { previous = nil } else if scalar == mark { leave(for: .plain) } else { previous = scalar }
        case .opening(let tag): if scalar == "$" { leave(for: .dollar(closing: "$\(tag)$", count: 0)) }
        case .dollar(let closing, let count):
            let end = closing.unicodeScalars
            let ends = scalar == "$" && count + 1 >= end.count && text.unicodeScalars.suffix(end.count).elementsEqual(end)
            place = ends ? .plain : .dollar(closing: closing, count: count + 1)
        }
    }

    /// A scalar outside everything: it may begin a quote or a comment.
    private mutating func begin(_ scalar: Unicode.Scalar) {
        // `E'` begins a text with escapes only where the word is just that letter; `$` begins a tag only where no word runs into it: `a$b$` is a name.
        switch (previous, scalar) {
        case (_, "'"): leave(for: .quoted(by: scalar, escapes: word == "e" || word == "E"))
        case (_, "\""): leave(for: .quoted(by: scalar, escapes: false))
        case ("-", "-"): leave(for: .line)
        case ("/", "*"): leave(for: .block(depth: 1))
        case (_, "$") where word.isEmpty: leave(for: .opening(tag: ""))
        default:
            if Self.isWord(scalar) || scalar == "$" { word.unicodeScalars.append(scalar) } else { word = "" }
            previous = scalar
        }
    }

    private mutating func leave(for next: Place) {
        place = next
        previous = nil
        word = ""
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.value > 0x7F || isDigit(scalar) || scalar.properties.isAlphabetic
    }
}
