/// A document that holds many records, read without holding it: the type's `each` says which they are.
///
/// Each record comes as a small document of its own: the envelope with that one element in it, and with whatever stood before it outside
/// elements. So `match` and `where`, and paths that reach up, see what they see in the whole document, but not what comes behind: where they want that, an earlier reading finds it (`EnvelopeSurroundings`).
package struct RecordEnvelope: Sendable {
    package let form: RecordForm
    private enum Path {
        case json(JSONPath)
        case xml(XMLEnvelopePath)
    }
    private let path: Path

    /// Nil where the type has no `each`, or its path cannot be followed in one pass.
    package init?(_ file: TypeFile) {
        guard let each = file.each else { return nil }
        switch file.format {
        case .json:
            guard let path = try? JSONPath(each.path.text) else { return nil }
            (form, self.path) = (.json, .json(path))
        case .xml:
            // Where nobody knows what stands around the records, paths that lead out of them are followed in the whole document.
            guard let path = try? XMLPath(each.path.text, namespaces: file.namespaces), let both = XMLEnvelopePath(path, roots: file.roots),
                let way = Self.mayLeaveRecords(file) ? both.fromOneStart : both
            else { return nil }
            (form, self.path) = (.xml, .xml(way))
        case .csv: return nil
        }
    }

    /// Whether a path of an XML type may lead out of a record, told by its words alone.
    private static func mayLeaveRecords(_ file: TypeFile) -> Bool {
        var lookups = file.columns.flatMap { column in column.lookups + column.members.flatMap(\.lookups) }
        for parts in [file.receiptID, file.issuedAt, file.businessDay, file.clientID, file.callbackURL] { lookups += parts.flatMap(\.parts).flatMap(\.lookup) }
        var paths = lookups.flatMap { lookup in [lookup.path] + lookup.tests.map(\.path) + (lookup.value.map { [$0] } ?? []) }
        for column in file.columns { paths += column.orderBy + column.distinctBy }
        for test in file.each?.tests ?? [] { paths.append(test.path) }
        if let path = file.timeZone?.path { paths.append(path) }
        return paths.contains { $0.isFromRoot || mayLeaveNode($0.text) }
    }

    private static let downwardAxes: Set<String> = ["child", "attribute", "descendant", "descendant-or-self", "self"]

    /// Whether an XPath may lead to what is not below the node that it starts from.
    private static func mayLeaveNode(_ text: String) -> Bool {
        guard let tokens = try? XPathLexer(text).tokens else { return true }
        var before: XPathToken.Kind?
        for token in tokens {
            switch token.kind {
            case .doubleDot: return true
            case .axis where !downwardAxes.contains(token.text): return true
            case .function where token.text == "id": return true
            case .slash, .doubleSlash:
                // Behind no step it begins a path at the document.
                guard before == .name || before == .dot || before == .closeBracket || before == .closeParenthesis else { return true }
            default: break
            }
            before = token.kind
        }
        return false
    }

    func scanner(recordByteCountMax: Int, _ surroundings: SurroundingsUse) -> any RecordScanner {
        switch path {
        case .json(let path): JSONEnvelopeScanner(path, recordByteCountMax: recordByteCountMax, surroundings)
        case .xml(let path): XMLEnvelopeScanner(path, recordByteCountMax: recordByteCountMax, surroundings)
        }
    }
}
