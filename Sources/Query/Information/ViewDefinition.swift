/// The text of a view as catalogs show it.
package enum ViewDefinition {
    /// - Parameter query: the SELECT that stands for the view in FROM, nil where none does; what was put comes before it.
    /// - Returns: nil of what no text tells.
    package static func text(ofView name: String, _ query: String?, inSchema schema: String?, in catalog: any QueryCatalog) -> String? {
        ((schema == nil ? catalog.definition(ofView: name) : nil) ?? query).map(shown)
    }

    /// With the semicolon that PostgreSQL ends definitions by, on a line of its own where a comment might take it in.
    private static func shown(_ query: String) -> String {
        // By bytes: a constant may have any number of combining marks in a row, by which Characters are compared.
        var text = Array(query.utf8)[...]
        while let last = text.last, last == 0x20 || (0x09...0x0D).contains(last) || last == UInt8(ascii: ";") { text.removeLast() }
        let lastLine = text.lastIndex { $0 == 0x0A || $0 == 0x0D }.map { text[$0...] } ?? text
        let hasComment = zip(lastLine, lastLine.dropFirst()).contains { $0 == UInt8(ascii: "-") && $1 == UInt8(ascii: "-") }
        return String(decoding: text, as: UTF8.self) + (hasComment ? "\n;" : ";")
    }
}
