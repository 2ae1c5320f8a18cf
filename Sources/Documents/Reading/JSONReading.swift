/// One JSON body: a document, an array of documents, an envelope.
///
/// By its tape, which the caller has made. An array is a batch of documents, all or none of which are taken, unless a type takes it for its envelope.
struct JSONReading {
    let tape: JSONTape
    let byteCount: Int
    let snapshot: TypeRegistry.Snapshot
    let context: ExtractionContext
    let options: ReadingOptions
    private let steps: ReceiptSteps

    init(
        tape: JSONTape, byteCount: Int, snapshot: TypeRegistry.Snapshot, context: ExtractionContext, options: ReadingOptions
    ) {
        self.tape = tape
        self.byteCount = byteCount
        self.snapshot = snapshot
        self.context = context
        self.options = options
        steps = ReceiptSteps(context: context, options: options)
    }

    /// - Throws: `Fault` where no receipt can be made out: too many of them, an ambiguous envelope, work that ends before any.
    func read() throws -> DocumentReading {
        // Recognition of the body as a whole is charged to the body; each document then has its own steps.
        context.beginDocument(options.allowance ?? WorkAllowance(byteCount: byteCount), byteCount: byteCount)
        defer { context.work.settle() }
        guard tape[0].kind == .array else { return try whole() }
        // An array that an envelope type matches as a whole is an envelope; else its elements are documents.
        if let name = options.type {
            if case .found(let type) = Recognition.named(name, .json, in: snapshot), type.each != nil { return try envelope(type) }
        } else {
            let envelopes = snapshot.json.matches(tape, 0, context, envelopesOnly: true)
            if let fault = context.work.fault { throw fault }
            if !envelopes.isEmpty {
                switch Recognition.choice(envelopes) {
                case .found(let type): return try envelope(type)
                case .failed(let problem): throw problem
                }
            }
        }
        // The outline has said so for long texts; short ones come here.
        guard Int(tape[0].childCount) <= options.batchCountMax else { throw ReceiptSteps.tooMany(options.batchCountMax) }
        var results: [ReceiptResult] = []
        for node in tape.children(of: 0) { results.append(contentsOf: document(at: node)) }
        return DocumentReading(shape: .batch, receipts: results)
    }

    /// The body is one document or an envelope.
    private func whole() throws -> DocumentReading {
        switch recognise(0) {
        case .found(let type) where type.each != nil: return try envelope(type)
        case .found(let type):
            return DocumentReading(shape: .single, receipts: [receipt(type, at: 0, document: .body(0..<byteCount), byteCount: byteCount)])
        case .failed(let problem):
            return DocumentReading(shape: .single, receipts: [.refused(problem, type: nil, document: .body(0..<byteCount))])
        }
    }

    /// `?type=` is taken at its word: `match` is not asked.
    private func recognise(_ node: Int) -> Recognition.Outcome {
        if let name = options.type { return Recognition.named(name, .json, in: snapshot) }
        let matching = snapshot.json.matches(tape, node, context)
        if let fault = context.work.fault { return .failed(fault) }
        return Recognition.choice(matching)
    }

    /// A document of an array. Always one result.
    private func document(at node: Int) -> [ReceiptResult] {
        let range = range(of: node)
        context.beginPart(byteCount: range.count)
        switch recognise(node) {
        case .failed(let problem): return [.refused(problem, type: nil, document: .body(range))]
        case .found(let type) where type.each != nil:
            return [
                .refused(
                    Fault(.invalidDocument, "an envelope (type \(type.name)) within an array; send it as a body of its own"), type: type.name,
                    document: .body(range))
            ]
        case .found(let type): return [receipt(type, at: node, document: .body(range), byteCount: range.count)]
        }
    }

    /// In the body, byte order mark included.
    private func range(of node: Int) -> Range<Int> {
        let range = tape.range(of: node)
        return range.lowerBound + tape.textOffset..<range.upperBound + tape.textOffset
    }

    private func receipt(_ type: DocumentType, at node: Int, document: ReceiptDocument, byteCount: Int) -> ReceiptResult {
        steps.result(type: type, document: document, byteCount: byteCount) {
            var extractor = Extractor(source: source(type), type: type, context: context)
            return receipt(type, at: node, document: document, &extractor)
        }
    }

    /// Schema first, then extraction: both note all that they find, and what both ask for is said once.
    private func receipt(
        _ type: DocumentType, at node: Int, document: ReceiptDocument, _ extractor: inout Extractor<JSONSource>
    ) -> ExtractedReceipt? {
        guard type.file.decode.isEmpty else { return decoded(type, at: node, document: document) }
        type.validateJSON(tape, node, context)
        return extractor.receipt(at: node, document: document, now: options.now)
    }

    /// A receipt that is read with what is decoded in it; its document is what came.
    private func decoded(_ type: DocumentType, at node: Int, document: ReceiptDocument) -> ExtractedReceipt? {
        // The receipt's own text: what is decoded is put into a copy of it.
        let range = tape.range(of: node)
        let text = Array(UnsafeBufferPointer(start: tape.bytes + range.lowerBound, count: range.count))
        // What comes out is bounded by so many times a document's bound.
        let (byteCountMax, isOverflow) = options.documentByteCountMax.multipliedReportingOverflow(by: DocumentDecoding.growthMax)
        let decoding = DocumentDecoding(steps: type.file.decode, byteCountMax: isOverflow ? Int.max : byteCountMax, work: context.work)
        do {
            return try decoding.read(text) { inner in
                // By what it is decoded to: that is what is walked.
                context.work.beginDocument(byteCount: inner.byteCount)
                type.validateJSON(inner, 0, context)
                let source = JSONSource(tape: inner, table: type.jsonPaths, arena: context.arena, work: context.work)
                var extractor = Extractor(source: source, type: type, context: context)
                return extractor.receipt(at: 0, document: document, now: options.now)
            }
        } catch let failure as DocumentDecoding.Failure {
            context.report(failure.pointer, "decode", failure.message)
        } catch let error as DocumentError {
            context.report("", "decode", "with what it decodes to: \(error.detail)")
        } catch {
            context.report("", "decode", "it could not be decoded")
        }
        return nil
    }

    /// One for each type: paths are numbers of the type's own table.
    private func source(_ type: DocumentType) -> JSONSource {
        JSONSource(tape: tape, table: type.jsonPaths, arena: context.arena, work: context.work)
    }

    /// Each node that `each` finds is a receipt, with the bytes that it has in the body as its document.
    private func envelope(_ type: DocumentType) throws -> DocumentReading {
        guard let each = type.each else { return DocumentReading(shape: .batch, receipts: []) }
        let countsEach = type.file.each?.countsEach ?? false
        let limit = countsEach ? options.eachCountMax : options.batchCountMax
        let source = source(type)
        var nodes: [Int] = []
        source.forEach(each.path, from: 0) { node in
            // `each` may name the array itself.
            let isArray: Void? = source.forEachElement(of: node) { child in
                nodes.append(child)
                return true
            }
            if isArray == nil { nodes.append(node) }
            return true
        }
        let matcher = PathMatcher(source: source, isTyped: true)
        // What does not pass is no receipt, and no fault.
        if !each.tests.isEmpty { nodes = nodes.filter { matcher.passes(each.tests, from: $0) } }
        if let fault = context.work.fault { throw fault }
        if nodes.isEmpty { return noReceipts(type) }
        // An envelope that counts as a whole cannot be cut: it is refused.
        guard countsEach || nodes.count <= limit else { throw ReceiptSteps.tooMany(limit) }
        // One for all receipts, so that what the document's own paths find is found once.
        var extractor = Extractor(source: source, type: type, context: context)
        if let fault = context.work.fault { throw fault }
        var results: [ReceiptResult] = []
        for node in nodes.prefix(limit) {
            let document = ReceiptDocument.body(range(of: node))
            results.append(
                steps.result(type: type, document: document, byteCount: range(of: node).count) {
                    receipt(type, at: node, document: document, &extractor)
                })
        }
        return DocumentReading(shape: countsEach ? .each : .batch, receipts: results, beyondCount: nodes.count - results.count)
    }

    /// An envelope without a receipt is refused: an empty answer would say that all of it was taken.
    private func noReceipts(_ type: DocumentType) -> DocumentReading {
        let text = type.file.each?.path.text ?? ""
        let problem = Fault(
            .invalidDocument, "no receipt in this document: nothing in it is what the type \(type.name) takes one from",
            errors: [.init(pointer: text, code: "no-receipts", message: "no element here is a receipt")])
        return DocumentReading(shape: .single, receipts: [.refused(problem, type: type.name, document: .body(0..<byteCount))])
    }
}
