/// One XML body: a document or an envelope, as its tape or as its tree.
///
/// Generic over the view, so that tape and tree are each compiled to code of their own.
///
/// Receipts in an envelope have their element in canonical form as their document: a piece of the body would lack the namespaces that are declared
/// around it.
struct XMLReading<View: XMLView> {
    let view: View
    let byteCount: Int
    let snapshot: TypeRegistry.Snapshot
    let context: ExtractionContext
    let options: ReadingOptions
    private let steps: ReceiptSteps

    init(view: View, byteCount: Int, snapshot: TypeRegistry.Snapshot, context: ExtractionContext, options: ReadingOptions) {
        self.view = view
        self.byteCount = byteCount
        self.snapshot = snapshot
        self.context = context
        self.options = options
        steps = ReceiptSteps(context: context, options: options)
    }

    /// Nil where only a tree can tell: nothing is taken from the allowance then.
    ///
    /// - Returns: for a tree never nil.
    /// - Throws: `Fault` where no receipt can be made out.
    func read() throws -> DocumentReading? {
        let allowance = options.allowance ?? WorkAllowance(byteCount: byteCount)
        let mark = allowance.mark
        context.beginDocument(allowance, byteCount: byteCount)
        defer { context.work.settle() }
        let outcome = recognise()
        // What recognition has taken is given back: the tree's reading begins anew.
        guard let outcome else {
            context.work.settle()
            allowance.goBack(to: mark)
            return nil
        }
        switch outcome {
        case .failed(let problem):
            return DocumentReading(shape: .single, receipts: [.refused(problem, type: nil, document: .body(0..<byteCount))])
        // With `each` it is an envelope.
        case .found(let type, let source) where type.each != nil: return try envelope(type, source)
        case .found(let type, let source):
            var extractor = Extractor(source: source, type: type, context: context)
            let result = steps.result(type: type, document: .body(0..<byteCount), byteCount: byteCount) {
                view.validate(type, element: nil, source)
                return extractor.receipt(at: extractor.source.root, document: .body(0..<byteCount), now: options.now)
            }
            return DocumentReading(shape: .single, receipts: [result])
        }
    }

    /// A type with the document as its paths see it.
    private enum Outcome {
        case found(DocumentType, View.Source)
        case failed(Fault)
    }

    /// The type; nil where the view has no source for a type that must be asked.
    private func recognise() -> Outcome? {
        let recognised: Recognition.Outcome
        if let name = options.type {
            recognised = Recognition.named(name, .xml, in: snapshot)
        } else {
            var matching: [DocumentType] = []
            // The root's name is a cheap first test, which most types fail.
            for type in snapshot.xml where view.hasRoot(of: type) && !view.isRuledOut(type, context) {
                guard let source = view.source(type, context) else { return nil }
                if PathMatcher(source: source, isTyped: false).passes(type.match, from: source.root) { matching.append(type) }
            }
            if let fault = context.work.fault { return .failed(fault) }
            recognised = Recognition.choice(matching)
        }
        switch recognised {
        case .failed(let problem): return .failed(problem)
        case .found(let type):
            guard let source = view.source(type, context) else { return nil }
            return .found(type, source)
        }
    }

    /// As in JSON, but that documents are made, and bounded together.
    private func envelope(_ type: DocumentType, _ source: View.Source) throws -> DocumentReading {
        guard let each = type.each else { return DocumentReading(shape: .batch, receipts: []) }
        let countsEach = type.file.each?.countsEach ?? false
        let limit = countsEach ? options.eachCountMax : options.batchCountMax
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
        view.prepareValidation(type, source)
        if let fault = context.work.fault { throw fault }
        var results: [ReceiptResult] = []
        var madeByteCount = 0
        // What is made for receipts that are refused counts, too.
        for node in nodes.prefix(limit) {
            guard madeByteCount <= options.madeByteCountMax else {
                results.append(.refused(steps.tooMuchMade, type: type.name, document: .own([])))
                continue
            }
            // `each` may lead to texts or attributes: those are no documents.
            guard let canonical = view.canonicalForm(ofNode: node) else {
                let problem = Fault(.invalidDocument, "the path \(type.file.each?.path.text ?? "") of the type \(type.name) leads to no element")
                results.append(.refused(problem, type: type.name, document: .own([])))
                continue
            }
            madeByteCount += canonical.count
            results.append(
                steps.result(type: type, document: .own(canonical), byteCount: canonical.count) {
                    view.validate(type, element: node, source)
                    return extractor.receipt(at: node, document: .own(canonical), now: options.now)
                })
        }
        return DocumentReading(shape: countsEach ? .each : .batch, receipts: results, beyondCount: nodes.count - results.count)
    }
}
