/// A JSON Schema (draft 2020-12), compiled once: validates any number of documents on any number of threads.
package final class JSONSchema: Sendable {
    let nodes: [SchemaNode]
    let root: Int
    /// Of each schema resource its dynamic anchors.
    let dynamicAnchors: [[String: Int]]
    let hasDynamicReferences: Bool

    /// - Parameters:
    ///   - files: further schemas under their URLs (or names that references resolve to); nothing else is ever fetched.
    ///   - assertsFormat: whether `format` is more than an annotation.
    /// - Throws: every reason that the schema cannot be used, with pointers into it.
    package init(_ json: [UInt8], files: [String: [UInt8]] = [:], assertsFormat: Bool) throws(TypeFileError) {
        var compiler = SchemaCompiler(files: files, assertsFormat: assertsFormat)
        root = try compiler.compile(json)
        nodes = compiler.nodes
        dynamicAnchors = compiler.dynamicAnchors
        hasDynamicReferences = nodes.contains { $0.dynamicReference?.anchor != nil }
    }

    /// A metaschema is not held against itself.
    init(metaschema json: [UInt8]) throws(TypeFileError) {
        var compiler = SchemaCompiler(files: [:], assertsFormat: false)
        root = try compiler.compile(json, isMetaschema: true)
        nodes = compiler.nodes
        dynamicAnchors = compiler.dynamicAnchors
        hasDynamicReferences = true
    }

    /// Calls `report` with each violation, as far as `work` goes (nil: as much as the text may cost): the node, the member's name where one is missing, the keyword, a message.
    package func validate(
        _ tape: JSONTape, _ node: Int, _ work: WorkBudget? = nil, _ report: (_ node: Int, _ missing: [UInt8]?, _ code: String, _ message: String) -> Void
    ) {
        let ownWork = work ?? .bounded(byteCount: tape.byteCount)
        withoutActuallyEscaping(report) { report in
            var validator = SchemaValidator(schema: self, tape: tape, work: ownWork, report: report)
            _ = validator.validate(root, node)
        }
        // No verdict can be given. Whose work it is says so himself.
        if work == nil, ownWork.isExhausted { report(node, nil, "schema-too-deep", "the schema takes too many steps on this document") }
    }

    /// Whether a text is JSON and the schema accepts it.
    package func accepts(_ json: [UInt8]) throws -> Bool {
        var isValid = true
        try json.withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { tape in
                validate(tape, 0) { _, _, _, _ in isValid = false }
            }
        }
        return isValid
    }
}
