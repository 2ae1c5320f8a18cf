/// A document that holds many records, read without holding it: the type's `each` says which they are.
///
/// Each record comes as a small document of its own: the envelope with that one element in it, and with whatever stood before it outside
/// elements. So paths that reach up, `match` and `where` see what they see in the whole document, but not what comes behind.
package struct RecordEnvelope: Sendable {
    package let form: RecordForm
    private let path: JSONPath

    /// Nil where the type has no `each`, or its path cannot be followed in one pass.
    package init?(_ file: TypeFile) {
        guard let each = file.each, file.format == .json, let path = try? JSONPath(each.path.text) else { return nil }
        (form, self.path) = (.json, path)
    }

    func scanner(recordByteCountMax: Int) -> any RecordScanner { JSONEnvelopeScanner(path, recordByteCountMax: recordByteCountMax) }
}
