internal import ColumnStore
internal import Synchronization

/// Reads bodies into receipts: parse, recognise, validate, extract. Safe to share; each call takes a set of buffers from a pool.
///
/// The door to this module for documents: intake calls it with a body's bytes, uploads with a file's records, and whoever proves or rebuilds
/// columns with kept documents. Each gets a result for each receipt.
///
/// 1. The text is looked over and made a tape or tree, within the room that the process has for that (`ParsingRoom`).
/// 2. The body is one document, an array or an envelope; each document's type is found (`Recognition`).
/// 3. Each receipt is validated and extracted (`ReceiptSteps`, `Extractor`).
///
/// A reading sees one snapshot of the types from its beginning to its end, whatever is put meanwhile.
package final class DocumentReader: Sendable {
    /// A thread's buffers, with one owner at a time.
    ///
    /// Proof: it is in the pool or with the one call that took it out.
    private final class Workspace: @unchecked Sendable {
        let json = JSONReader()
        let xml = XMLScanner()
        let context = ExtractionContext()
    }

    /// The types in force.
    package let registry: TypeRegistry
    private let idle = Mutex<[Workspace]>([])
    /// As many as threads that read side by side, and no more kept than that.
    private static let idleCountMax = 8

    package init(registry: TypeRegistry) { self.registry = registry }

    /// Lends a set of buffers. With more than `idleCountMax` calls at a time the rest make their own and let them go.
    private func withWorkspace<Result>(_ body: (Workspace) throws -> Result) rethrows -> Result {
        let workspace = idle.withLock { $0.popLast() } ?? Workspace()
        defer {
            idle.withLock { idle in
                if idle.count < Self.idleCountMax { idle.append(workspace) }
            }
        }
        return try body(workspace)
    }

    /// Reads one body that is a JSON document, an array of them, or an envelope.
    ///
    /// - Parameter body: valid for the call; results have ranges of it.
    /// - Throws: `Fault` when no receipt can be made out in it: bad-json, too-large. What concerns one receipt is in its result.
    package func readJSON(_ body: UnsafeRawBufferPointer, _ options: ReadingOptions) throws -> DocumentReading {
        let snapshot = registry.snapshot
        // Before a workspace is taken: a call that waits for room holds no buffers.
        let readingByteCount = try Self.withFault { try Self.outlined(body, snapshot, options) }
        return try ParsingRoom.shared.with(readingByteCount) {
            try withWorkspace { try Self.read(body, snapshot, $0, options) }
        }
    }

    /// Reads bodies that came together, each by itself: what of their rules can wait is evaluated for many at once.
    ///
    /// For NDJSON and uploads. The bodies' rules wait for each other (`WaitingReadings`), which changes what they cost and nothing else.
    ///
    /// - Parameter options: of each body, by its place; with an allowance.
    /// - Returns: of each body what `readJSON` returns or throws.
    package func readJSON(_ bodies: [[UInt8]], _ options: (Int) -> ReadingOptions) -> [Result<DocumentReading, any Error>] {
        let snapshot = registry.snapshot
        return withWorkspace { workspace in
            var readings = WaitingReadings<BodyPlace, Result<DocumentReading, any Error>>(workspace.context)
            func read(_ place: BodyPlace) -> Result<DocumentReading, any Error> {
                Result {
                    // The room is taken for one body at a time.
                    try bodies[place.index].withUnsafeBytes { body in
                        let readingByteCount = try Self.withFault { try Self.outlined(body, snapshot, place.options) }
                        return try ParsingRoom.shared.with(readingByteCount) { try Self.read(body, snapshot, workspace, place.options) }
                    }
                }
            }
            for index in bodies.indices {
                var options = options(index)
                // Each has one, so that a body that is read twice gives back what it took.
                let allowance = options.allowance ?? WorkAllowance(byteCount: bodies[index].count)
                options.allowance = allowance
                readings.add(BodyPlace(index: index, options: options), allowance, read)
            }
            readings.finish(read)
            return readings.results
        }
    }

    /// Options with the allowance set.
    private struct BodyPlace {
        let index: Int
        let options: ReadingOptions
    }

    private static func read(
        _ body: UnsafeRawBufferPointer, _ snapshot: TypeRegistry.Snapshot, _ workspace: Workspace, _ options: ReadingOptions
    ) throws -> DocumentReading {
        // `DocumentError` is of a text; a caller sees faults.
        try withFault {
            try workspace.json.read(body) { tape in
                try JSONReading(tape: tape, byteCount: body.count, snapshot: snapshot, context: workspace.context, options: options).read()
            }
        }
    }

    /// Sees what a long text will take before that is taken: how much, in bytes.
    ///
    /// - Parameters:
    ///   - snapshot: tells whether an array may be an envelope, which has another limit.
    /// - Throws: what refuses it in any case.
    /// - Complexity: O(bytes), without a tape.
    private static func outlined(_ body: UnsafeRawBufferPointer, _ snapshot: TypeRegistry.Snapshot, _ options: ReadingOptions) throws -> Int {
        guard body.count >= JSONOutline.byteCountMin else { return 0 }
        let outline = JSONOutline(body)
        if let offset = outline.tooDeepOffset {
            throw DocumentError(.badJSON, offset: offset, "nested deeper than \(JSONReader.depthMax)")
        }
        guard outline.tokenCount / 2 + 1 <= JSONReader.nodeCountMax else {
            throw DocumentError(.tooLarge, "more than \(JSONReader.nodeCountMax) values in one JSON text")
        }
        // An array of too many documents is refused before it is read.
        if outline.elementCount > options.batchCountMax, !snapshot.mayTakeArrayAsEnvelope(type: options.type) {
            throw ReceiptSteps.tooMany(options.batchCountMax)
        }
        return outline.readingByteCount
    }

    /// Reads one body that is an XML document or an envelope, in any encoding that is known.
    ///
    /// - Throws: `Fault`: bad-xml, bad-encoding, too-large, invalid-document. What concerns one receipt is in its result.
    package func readXML(_ body: UnsafeRawBufferPointer, _ options: ReadingOptions) throws -> DocumentReading {
        let snapshot = registry.snapshot
        return try ParsingRoom.shared.with(XMLReader.readingByteCount(body)) {
            try withWorkspace { workspace in
                try Self.withFault { try XMLReader.withText(of: body) { try Self.read($0, body.count, snapshot, workspace, options) } }
            }
        }
    }

    /// Reads an XML text as a tape, or where that is not enough as a tree.
    ///
    /// - Parameters:
    ///   - text: UTF-8 without a mark, of the body's bytes or converted.
    ///   - byteCount: of the body as it came: documents are counted by that.
    private static func read(
        _ text: UnsafeRawBufferPointer, _ byteCount: Int, _ snapshot: TypeRegistry.Snapshot, _ workspace: Workspace, _ options: ReadingOptions
    ) throws -> DocumentReading {
        defer { workspace.xml.shrink() }
        if options.takesTapes, let tape = workspace.xml.tape(of: text) {
            let view = XMLTapeView(tape: tape)
            if let reading = try XMLReading(view: view, byteCount: byteCount, snapshot: snapshot, context: workspace.context, options: options).read() {
                return reading
            }
            // The tape is of no use any more; the tree takes room of its own.
            workspace.xml.shrink()
        }
        let view = XMLTreeView(try XMLReader.tree(of: text), workspace.context)
        let reading = try XMLReading(view: view, byteCount: byteCount, snapshot: snapshot, context: workspace.context, options: options).read()
        return reading ?? DocumentReading(shape: .single, receipts: [])
    }

    /// Reads CSV with a header: each record is a receipt.
    ///
    /// - Throws: `Fault` for a body without a header, one of another charset than it says, columns that no type knows, or a named type that is not of CSV.
    package func readCSV(_ body: UnsafeRawBufferPointer, _ options: ReadingOptions) throws -> DocumentReading {
        func read(_ text: UnsafeRawBufferPointer) throws -> DocumentReading {
            try withWorkspace { workspace in
                try Self.withFault {
                    try CSVReading(body: text, snapshot: registry.snapshot, context: workspace.context, options: options).read()
                }
            }
        }
        let isOther = try Self.withFault { try TextCharset.isOther(body, charset: options.charset) }
        guard isOther else { return try read(body) }
        // In UTF-8 it may take three times as much.
        return try ParsingRoom.shared.with(body.count.multipliedSaturating(by: 3)) { () -> DocumentReading in
            let converted = try Self.withFault { try TextCharset.utf8(body, charset: options.charset) }
            guard let converted else { return try read(body) }
            return try converted.withUnsafeBytes { try read($0) }
        }
    }

    /// For callers that have an array.
    package func readJSON(_ body: [UInt8], _ options: ReadingOptions) throws -> DocumentReading {
        try body.withUnsafeBytes { try readJSON($0, options) }
    }
    package func readXML(_ body: [UInt8], _ options: ReadingOptions) throws -> DocumentReading {
        try body.withUnsafeBytes { try readXML($0, options) }
    }
    package func readCSV(_ body: [UInt8], _ options: ReadingOptions) throws -> DocumentReading {
        try body.withUnsafeBytes { try readCSV($0, options) }
    }

    /// Makes a reader's error the fault that callers know.
    private static func withFault<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DocumentError {
            throw Fault(error)
        }
    }
}

/// What the readings of all formats share: limits, and the step from one receipt's element to its result.
///
/// One for a body.
struct ReceiptSteps {
    let context: ExtractionContext
    let options: ReadingOptions

    /// Past `limits.document`.
    func tooLarge(_ byteCount: Int) -> Fault {
        Fault(.tooLarge, "a document of \(byteCount) bytes; \(options.documentByteCountMax) are allowed")
    }

    var tooMuchMade: Fault {
        Fault(.tooLarge, "the documents that the receipts of this body make are larger than \(options.madeByteCountMax) bytes together; send this one again")
    }

    static func tooMany(_ limit: Int) -> Fault { Fault(.tooLarge, "more than \(limit) receipts in one body") }

    /// The result of `extract`, which returns nil when it has noted violations.
    ///
    /// - Parameters:
    ///   - type: the receipt's.
    ///   - document: what is kept of it, or refused.
    ///   - byteCount: of the document.
    ///   - extract: validates and extracts, with faults going to the context.
    func result(
        type: DocumentType, document: ReceiptDocument, byteCount: Int, _ extract: () -> ExtractedReceipt?
    ) -> ReceiptResult {
        // Before anything is made of it.
        guard byteCount <= options.documentByteCountMax else { return .refused(tooLarge(byteCount), type: type.name, document: document) }
        context.beginReceipt()
        (context.keepsReadable, context.readableByteCountMax) = (options.keepsReadable, options.readableByteCountMax)
        context.work.beginDocument(byteCount: byteCount)
        let receipt = extract()
        // Work that has ended comes first: what else was found may not be true.
        if let fault = context.work.fault { return .refused(fault, type: type.name, document: document) }
        if let receipt { return .accepted(receipt) }
        // The message names the first fault where there is one only, else their number.
        let violations = context.distinctViolations()
        let count = context.violationCount
        let detail =
            count == 1
            ? "the document is not what the type \(type.name) asks for: \(violations.first?.message ?? "")"
            : "the document has \(count) faults by the type \(type.name)"
        var fault = Fault(.invalidDocument, detail, errors: violations)
        // What could be read, without the columns that the faults are about and those that few may see.
        fault.readable = context.readable.map { readable in
            ReadableColumns(
                receiptID: readable.receiptID, fields: readable.row.isEmpty ? [] : type.layout.fields, row: readable.row,
                faulty: FaultyColumns.names(type, violations).union(type.sensitivePaths.map { $0.names[0] }))
        }
        // All results of a body are held until it is read.
        context.work.shorten(&fault)
        return .refused(fault, type: type.name, document: document)
    }
}
