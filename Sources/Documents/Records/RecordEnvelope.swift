/// A document that holds many records, read without holding it: the type's `each` says which they are.
///
/// Each record comes as a small document of its own: the envelope with that one element in it, and with whatever stood before it outside
/// elements. So `match` and `where`, and paths that reach up, see what they see in the whole document, but not what comes behind: where they want that, an earlier reading finds it (`EnvelopeSurroundings`).
package struct RecordEnvelope: Sendable {
    package let form: RecordForm
    private enum Path {
        case json(JSONPath)
        case xml([XMLPath.Step])
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
            // One pass down the tree follows names only.
            guard let path = try? XMLPath(each.path.text, namespaces: file.namespaces), let steps = path.steps, !steps.isEmpty,
                steps.allSatisfy({ $0.axis == .child || $0.axis == .descendant })
            else { return nil }
            (form, self.path) = (.xml, .xml(steps))
        case .csv: return nil
        }
    }

    func scanner(recordByteCountMax: Int, _ surroundings: SurroundingsUse) -> any RecordScanner {
        switch path {
        case .json(let path): JSONEnvelopeScanner(path, recordByteCountMax: recordByteCountMax, surroundings)
        case .xml(let steps): XMLEnvelopeScanner(steps, recordByteCountMax: recordByteCountMax, surroundings)
        }
    }
}
