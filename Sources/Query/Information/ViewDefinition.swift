/// The text of a view as catalogs show it.
package enum ViewDefinition {
    /// - Parameter query: the SELECT that stands for the view in FROM, nil where none does; what was put comes before it.
    /// - Returns: nil of what no text tells.
    package static func text(ofView name: String, _ query: String?, inSchema schema: String?, in catalog: any QueryCatalog) -> String? {
        ((schema == nil ? catalog.definition(ofView: name) : nil) ?? query).map(shown)
    }

    /// With the semicolon that PostgreSQL ends definitions by, on a line of its own where a comment might take it in.
    private static func shown(_ query: String) -> String {
        var text = query[...]
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        let lastLine = text.lastIndex(where: \.isNewline).map { text[$0...] } ?? text
        return String(text) + (lastLine.contains("--") ? "\n;" : ";")
    }
}
