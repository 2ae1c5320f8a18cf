internal import CXML2

/// One XML body: a document or an envelope.
struct XMLReading {
    let document: XMLDocument
    let byteCount: Int
    let snapshot: TypeRegistry.Snapshot
    let context: ExtractionContext
    let options: ReadingOptions
    private let steps: ReceiptSteps
    private let validation: XSDValidation

    init(
        document: XMLDocument, byteCount: Int, snapshot: TypeRegistry.Snapshot, context: ExtractionContext, options: ReadingOptions
    ) {
        self.document = document
        self.byteCount = byteCount
        self.snapshot = snapshot
        self.context = context
        self.options = options
        steps = ReceiptSteps(context: context, options: options)
        validation = XSDValidation(document: document, context: context)
    }

    func read() throws -> DocumentReading {
        context.beginDocument(options.allowance ?? WorkAllowance(byteCount: byteCount), byteCount: byteCount)
        defer { context.work.settle() }
        switch recognise() {
        case .failed(let problem):
            return DocumentReading(shape: .single, receipts: [.refused(problem, type: nil, document: .body(0..<byteCount))])
        case .found(let type) where type.each != nil: return try envelope(type)
        case .found(let type):
            var extractor = Extractor(source: source(type), type: type, context: context)
            let result = steps.result(type: type, document: .body(0..<byteCount), byteCount: byteCount) {
                validation.check(type, element: nil, source(type))
                return extractor.receipt(at: extractor.source.root, document: .body(0..<byteCount), now: options.now)
            }
            return DocumentReading(shape: .single, receipts: [result])
        }
    }

    private func source(_ type: DocumentType) -> XMLSource {
        // Prefixes are a type's own, so each type has an evaluator of its own.
        XMLSource(document: document, paths: type.xmlPaths, arena: context.arena, evaluator: XPathEvaluator(document: document, arena: context.arena, work: context.work))
    }

    private func recognise() -> Recognition.Outcome {
        if let name = options.type { return Recognition.named(name, .xml, in: snapshot) }
        let matching = snapshot.xml.filter { matches($0) }
        if let fault = context.work.fault { return .failed(fault) }
        return Recognition.choice(matching)
    }

    private func matches(_ type: DocumentType) -> Bool {
        if !type.file.roots.isEmpty {
            guard let root = xmlDocGetRootElement(document.tree), let name = root.pointee.name else { return false }
            let local = String(cString: name)
            let namespace = root.pointee.ns?.pointee.href.map { String(cString: $0) } ?? ""
            guard type.file.roots.contains(where: { $0.name == local && $0.namespace == namespace }) else { return false }
        }
        let matcher = PathMatcher(source: source(type), isTyped: false)
        return matcher.passes(type.match, from: matcher.source.root)
    }

    private func envelope(_ type: DocumentType) throws -> DocumentReading {
        guard let each = type.each else { return DocumentReading(shape: .batch, receipts: []) }
        let countsEach = type.file.each?.countsEach ?? false
        let limit = countsEach ? options.eachCountMax : options.batchCountMax
        let source = source(type)
        var nodes: [Int] = []
        source.forEach(each.path, from: source.root) { node in
            nodes.append(node)
            return true
        }
        let matcher = PathMatcher(source: source, isTyped: false)
        if !each.tests.isEmpty { nodes = nodes.filter { matcher.passes(each.tests, from: $0) } }
        if let fault = context.work.fault { throw fault }
        if nodes.isEmpty {
            let problem = Fault(
                .invalidDocument, "no receipt in this document: nothing in it is what the type \(type.name) takes one from",
                errors: [.init(pointer: type.file.each?.path.text ?? "", code: "no-receipts", message: "no element here is a receipt")])
            return DocumentReading(shape: .single, receipts: [.refused(problem, type: type.name, document: .body(0..<byteCount))])
        }
        guard countsEach || nodes.count <= limit else { throw ReceiptSteps.tooMany(limit) }
        var extractor = Extractor(source: source, type: type, context: context)
        validation.prepare(type, source)
        if let fault = context.work.fault { throw fault }
        var results: [ReceiptResult] = []
        var madeByteCount = 0
        for node in nodes.prefix(limit) {
            guard madeByteCount <= options.madeByteCountMax else {
                results.append(.refused(steps.tooMuchMade, type: type.name, document: .own([])))
                continue
            }
            // The value of an expression that selects no node has no address.
            guard node > 0, let canonical = document.canonicalForm(ofNode: node) else {
                let problem = Fault(.invalidDocument, "the path \(type.file.each?.path.text ?? "") of the type \(type.name) leads to no element")
                results.append(.refused(problem, type: type.name, document: .own([])))
                continue
            }
            madeByteCount += canonical.count
            results.append(
                steps.result(type: type, document: .own(canonical), byteCount: canonical.count) {
                    validation.check(type, element: node, source)
                    return extractor.receipt(at: node, document: .own(canonical), now: options.now)
                })
        }
        return DocumentReading(shape: countsEach ? .each : .batch, receipts: results, beyondCount: nodes.count - results.count)
    }
}
