internal import CXML2

/// An XML document as a body's reading sees it.
///
/// Two of them, `XMLTapeView` and `XMLTreeView`, give the same results for every type that both can read.
protocol XMLView {
    associatedtype Source: DocumentSource
    /// Whether the root element is one of those that the type names, if it names any.
    func hasRoot(of type: DocumentType) -> Bool
    /// Whether the document cannot be of the type, as can be told without its source; charged as its first test would be then.
    func isRuledOut(_ type: DocumentType, _ context: ExtractionContext) -> Bool
    /// The document seen by the type's paths; nil when that takes more than this view has.
    func source(_ type: DocumentType, _ context: ExtractionContext) -> Source?
    /// Looks once at what all receipts of an envelope are held against.
    func prepareValidation(_ type: DocumentType, _ source: Source)
    /// Notes what the type's XSD finds wrong in the receipt's element, or in the document.
    func validate(_ type: DocumentType, element: Int?, _ source: Source)
    /// A receipt's document; nil when the node is no element.
    func canonicalForm(ofNode node: Int) -> [UInt8]?
}

/// A tree of libxml2: whatever a type may ask for.
///
/// One thread, one body.
struct XMLTreeView: XMLView {
    private let document: XMLDocument
    private let validation: XSDValidation

    init(_ document: XMLDocument, _ context: ExtractionContext) {
        self.document = document
        validation = XSDValidation(document: document, context: context)
    }

    func hasRoot(of type: DocumentType) -> Bool {
        guard !type.file.roots.isEmpty else { return true }
        guard let root = xmlDocGetRootElement(document.tree), let name = root.pointee.name else { return false }
        let local = String(cString: name)
        let namespace = root.pointee.ns?.pointee.href.map { String(cString: $0) } ?? ""
        return type.file.roots.contains { $0.name == local && $0.namespace == namespace }
    }

    func isRuledOut(_ type: DocumentType, _ context: ExtractionContext) -> Bool { false }

    /// Prefixes are a type's own, so each type has an evaluator of its own.
    func source(_ type: DocumentType, _ context: ExtractionContext) -> XMLSource? {
        XMLSource(document: document, paths: type.xmlPaths, arena: context.arena, evaluator: XPathEvaluator(document: document, arena: context.arena, work: context.work))
    }

    func prepareValidation(_ type: DocumentType, _ source: XMLSource) { validation.prepare(type, source) }
    func validate(_ type: DocumentType, element: Int?, _ source: XMLSource) { validation.check(type, element: element, source) }
    /// The value of an expression that selects no node has no address.
    func canonicalForm(ofNode node: Int) -> [UInt8]? { node > 0 ? document.canonicalForm(ofNode: node) : nil }
}

/// A tape: for types without an XSD whose paths a tape can be asked.
///
/// Validates nothing: a type with an XSD has no tape paths.
struct XMLTapeView: XMLView {
    let tape: XMLTape

    func hasRoot(of type: DocumentType) -> Bool {
        guard !type.file.roots.isEmpty else { return true }
        let root = tape.nodes[tape.rootElement]
        let (name, uri) = (tape.localName(root), tape.uri(root.namespace))
        return type.file.roots.contains { $0.name.utf8.elementsEqual(name) && $0.namespace.utf8.elementsEqual(uri) }
    }

    /// Most types look for an element first that documents of others do not have.
    func isRuledOut(_ type: DocumentType, _ context: ExtractionContext) -> Bool {
        guard let path = type.neededPath, let paths = type.xmlTapePaths else { return false }
        return paths.findsNothing(path, in: tape, context.work.counter)
    }

    func source(_ type: DocumentType, _ context: ExtractionContext) -> XMLTapeSource? {
        guard let paths = type.xmlTapePaths else { return nil }
        return XMLTapeSource(tape: tape, paths: type.xmlPaths, compiled: paths, arena: context.arena, work: context.work)
    }

    func prepareValidation(_ type: DocumentType, _ source: XMLTapeSource) {}
    func validate(_ type: DocumentType, element: Int?, _ source: XMLTapeSource) {}

    func canonicalForm(ofNode node: Int) -> [UInt8]? {
        tape.nodes[node].kind == .element ? XMLCanonicalForm.bytes(of: node, in: tape) : nil
    }
}
