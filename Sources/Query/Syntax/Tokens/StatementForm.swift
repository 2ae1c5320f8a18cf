/// A statement as it can be kept: its words, without what it asks for.
///
/// For a log that outlives the query (`StatementLog`): constants of a client's do not get there.
package enum StatementForm {
    /// Of a longer one the beginning is kept. In bytes.
    private static let byteCountMax = 2_000

    /// The statement with `?` for each constant and parameter, and `?` once for a list of them; nil for what is no SQL. Comments go; a name in
    /// quotes stays where it is a plain word.
    ///
    /// `SELECT a FROM t WHERE b IN (1, 2, 3)` is `select a from t where b in (?)`. Tokens that stood together stay so.
    package static func text(_ query: String) -> String? {
        guard let tokens = try? Lexer.tokens(of: query) else { return nil }
        var pieces: [(text: String, isJoined: Bool)] = []
        var end = 0
        for token in tokens where token.kind != .end {
            let text: String
            switch token.kind {
            case .number, .string, .parameter: text = "?"
            case .quotedName: text = isPlain(token.text) ? "\"\(token.text)\"" : "\"?\""
            case .word, .symbol, .end: text = token.text
            }
            // `?, ?, ?`: how many there were is no part of the form.
            if text == "?", pieces.count >= 2, pieces[pieces.count - 1].text == ",", pieces[pieces.count - 2].text == "?" {
                pieces.removeLast()
            } else {
                pieces.append((text, token.start == end))
            }
            end = token.end
        }
        var form = ""
        for piece in pieces { form += (form.isEmpty || piece.isJoined ? "" : " ") + piece.text }
        return form.utf8.count <= byteCountMax ? form : String(decoding: form.utf8.prefix(byteCountMax), as: UTF8.self) + "…"
    }

    /// Letters of ASCII, digits and underscores.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
