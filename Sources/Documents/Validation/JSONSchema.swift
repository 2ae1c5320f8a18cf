/// A JSON Schema (draft 2020-12), compiled once: validates any number of documents on any number of threads.
///
/// A schema becomes an array of nodes that name each other by their places in it: references, circles among them, are numbers, and a validation
/// follows them without a look into the schema's text. See `docs/decisions/0008-reading-documents.md` on why this is not a library's.
///
/// Keywords are those of the vocabularies core, applicator, unevaluated and validation, and `format` where it is asserted. `title`, `default` and
/// other annotations are read over, and so is what no vocabulary knows; `contentSchema` is looked through for ids and anchors, never applied.
package final class JSONSchema: Sendable {
    /// By number; the first two are the schemas `true` and `false`.
    let nodes: [SchemaNode]
    /// The number of the schema that a document as a whole is held against.
    let root: Int
    /// Of each schema resource its dynamic anchors.
    ///
    /// By the resource's number: the nodes of its `$dynamicAnchor`s by name.
    let dynamicAnchors: [[String: Int]]
    /// Whether some `$dynamicRef` leads to a dynamic anchor. If none does, a validation need not note which resources it is within.
    let hasDynamicReferences: Bool

    /// - Parameters:
    ///   - files: further schemas under their URLs (or names that references resolve to); nothing else is ever fetched.
    ///   - assertsFormat: whether `format` is more than an annotation.
    ///   - isKept: it was taken before; its files are not held against the metaschema.
    /// - Throws: every reason that the schema cannot be used, with pointers into it.
    package init(_ json: [UInt8], files: [String: [UInt8]] = [:], assertsFormat: Bool, isKept: Bool = false) throws(TypeFileError) {
        var compiler = SchemaCompiler(files: files, assertsFormat: assertsFormat, checksFiles: !isKept)
        root = try compiler.compile(json)
        nodes = compiler.nodes
        dynamicAnchors = compiler.dynamicAnchors
        hasDynamicReferences = nodes.contains { $0.dynamicReference?.anchor != nil }
    }

    /// A metaschema is not held against itself.
    ///
    /// Metaschemas refer to one another by dynamic references, whose nodes are compiled alike: they are taken to have some.
    init(metaschema json: [UInt8]) throws(TypeFileError) {
        var compiler = SchemaCompiler(files: [:], assertsFormat: false)
        root = try compiler.compile(json, isMetaschema: true)
        nodes = compiler.nodes
        dynamicAnchors = compiler.dynamicAnchors
        hasDynamicReferences = true
    }

    /// Calls `report` with each violation, as far as `work` goes (nil: as much as the text may cost): the node, the member's name where one is missing, the keyword, a message.
    ///
    /// A member that is missing has no node of its own: `node` is then the object, and a pointer to the fault is that of `node` with the name
    /// behind it.
    ///
    /// - Parameters:
    ///   - tape: of the document; read by this call alone while it lasts.
    ///   - node: the value that the root schema is held against; not always the document as a whole: a receipt in an envelope is one of its nodes.
    ///   - work: charged for the part `schema`. Once it is used up no further violation is reported; the caller sees that from the budget.
    package func validate(
        _ tape: JSONTape, _ node: Int, _ work: WorkBudget? = nil, _ report: (_ node: Int, _ missing: [UInt8]?, _ code: String, _ message: String) -> Void
    ) {
        let ownWork = work ?? .bounded(byteCount: tape.byteCount)
        withoutActuallyEscaping(report) { report in
            var validator = SchemaValidator(schema: self, tape: tape, work: ownWork, report: report)
            _ = validator.validate(root, node)
        }
        // Only for a budget of its own: there is nobody else who could say that what was found is not all.
        // No verdict can be given. The owner of the budget reports that.
        if work == nil, ownWork.isExhausted { report(node, nil, "schema-too-deep", "the schema takes too many steps on this document") }
    }

    /// Whether a text is JSON and the schema accepts it.
    ///
    /// For tests: reads the text with a reader of its own, and drops what is found wrong with it.
    ///
    /// - Throws: `DocumentError` for what is no JSON.
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
