internal import CXML2

/// libxml2's XPath over one document, for the expressions that are no plain paths.
final class XPathEvaluator {
    /// Steps of one evaluation: some tenths of a second. An expression over a hostile document ends there, as a fault.
    private static let operationCountMax: UInt = 20_000_000
    /// Values that are no nodes are numbered -1, -2, …: far above any `none`, below any address.
    static let valueFloor = -1 << 40

    private let document: XMLDocument
    private let arena: Arena
    /// Made when first needed: it costs more than most plain paths take to follow.
    private lazy var context: xmlXPathContextPtr? = {
        let context = xmlXPathNewContext(document.tree)
        context?.pointee.opLimit = Self.operationCountMax
        context?.pointee.error = { _, _ in }
        return context
    }()
    private var hasContext = false
    private var registered: Set<String> = []
    private var values: [(text: ScalarText, expression: String)] = []
    /// The node that is being read, of those like it: `position()` and `last()` outside a predicate.
    var place = (position: 1, count: 1)
    /// The first expression that could not be evaluated since `takeFault`, and why.
    private var fault: (path: String, reason: String)?

    init(document: XMLDocument, arena: Arena) {
        self.document = document
        self.arena = arena
    }

    deinit { if hasContext { xmlXPathFreeContext(context) } }

    func value(_ node: Int) -> ScalarText { values[-1 - node].text }
    func expression(of node: Int) -> String { values[-1 - node].expression }

    func forEach(_ path: XMLPath, from node: Int, _ body: (Int) -> Bool) {
        hasContext = true
        guard let context, let compiled = path.compiled, let start = xmlNodePtr(bitPattern: node) else { return }
        for (prefix, uri) in path.namespaces where registered.insert(prefix).inserted { xmlXPathRegisterNs(context, prefix, uri) }
        context.pointee.node = start
        context.pointee.opCount = 0
        (context.pointee.proximityPosition, context.pointee.contextSize) = (Int32(clamping: place.position), Int32(clamping: place.count))
        xmlResetError(&context.pointee.lastError)
        guard let result = xmlXPathCompiledEval(compiled, context) else {
            if fault == nil { fault = (path.text, Self.reason(context.pointee.lastError)) }
            return
        }
        defer { xmlXPathFreeObject(result) }
        guard result.pointee.type == XPATH_NODESET else {
            if let text = xmlXPathCastToString(result) {
                let bytes = UnsafeBufferPointer(start: text, count: Int(xmlStrlen(text)))
                values.append((ScalarText(kind: .string, bytes: arena.copy(bytes), count: bytes.count), path.text))
                till_xml_free(text)
                _ = body(-values.count)
            }
            return
        }
        guard let nodes = result.pointee.nodesetval, nodes.pointee.nodeNr > 0 else { return }
        xmlXPathNodeSetSort(nodes)
        for index in 0..<Int(nodes.pointee.nodeNr) {
            // A namespace node belongs to the result and dies with it.
            guard let found = nodes.pointee.nodeTab[index], found.pointee.type != XML_NAMESPACE_DECL else { continue }
            guard body(XMLSource.node(found)) else { return }
        }
    }

    /// What could not be evaluated: nothing was selected, which must not pass for nothing being there.
    func takeFault() -> (path: String, reason: String)? {
        defer { fault = nil }
        return fault
    }

    private static func reason(_ error: xmlError) -> String {
        let message = error.message.map { String(cString: $0) } ?? ""
        let line = message.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.isEmpty ? "it cannot be evaluated" : line
    }
}
