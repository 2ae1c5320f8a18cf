internal import ColumnStore
internal import Documents
internal import Ingest
internal import Synchronization

/// An import of JSON documents into a directory that this process holds: past the API, straight to cold files.
struct BulkImport {
    let input: ImportInput
    /// For what cannot go there.
    let sender: ImportSender
    let rejected: RejectedFile

    func run(_ engine: Engine, _ options: BulkImporter.Options, _ form: RecordForm, first: [UInt8]?) throws -> ImportCommand.Taken {
        let sender = sender
        let batcher = Mutex(ImportBatcher(sender: sender))
        let rejected = rejected
        let importer = BulkImporter(
            engine: engine, options: options,
            outlet: .init(
                passOn: { number, bytes, isOfSeveral in try batcher.withLock { try $0.add(number, bytes, form: form, isOfSeveral: isOfSeveral) } },
                settle: {
                    try batcher.withLock { try $0.flush() }
                    try sender.settle()
                },
                refuse: { number, document, problem in
                    var writer = JSONWriter(reserving: 256 + 128 * problem.errors.count)
                    ProblemBody(Problem(problem)).write(to: &writer)
                    try rejected.add(number: number, document: document, problem: writer.bytes)
                }))
        defer { importer.stop() }
        var bar = ProgressBar()
        var end: CommandError?
        var readCount = 0
        do {
            try cut(form, first: first, &readCount) { chunk in
                try importer.add(chunk)
                bar.show(fraction: input.fraction, count: importer.seenCount, unit: "records")
            }
        } catch let error as RecordFileError {
            end = ImportCommand.broken(input, error)
        } catch let error as ImportInput.Unreadable {
            end = ImportCommand.broken(input, error)
        }
        let bulk = try importer.finish()
        try batcher.withLock { try $0.flush() }
        var counts = try sender.finish()
        counts.imported += bulk.imported
        counts.repeated += bulk.repeated
        counts.rejected += bulk.rejected
        bar.show(fraction: input.byteCount == nil ? nil : 1, count: counts.total, unit: "records", isLast: true)
        return ImportCommand.Taken(counts: counts, readCount: readCount, broken: end)
    }

    /// Cuts the input into pieces of whole records, and counts these.
    private func cut(_ form: RecordForm, first: [UInt8]?, _ readCount: inout Int, _ take: (ImportChunk) throws -> Void) throws {
        var gathered = Gathered(isOfLines: form == .lines)
        let end = Result {
            try ImportCommand.forEachRecord(of: input, form, first: first) { record in
                readCount += 1
                switch record.content {
                case .whole(let bytes): gathered.add(bytes)
                case .refused(let fault):
                    if let chunk = gathered.take() { try take(chunk) }
                    try take(.refused(fault))
                }
                if gathered.byteCount >= Self.chunkByteCount, let chunk = gathered.take() { try take(chunk) }
            }
        }
        // What came before the place where a file breaks off is taken.
        if let chunk = gathered.take() { try take(chunk) }
        try end.get()
    }

    private static let chunkByteCount = 1 << 20

    /// Records on their way to the parsers: lines in one text, others each by itself.
    private struct Gathered {
        let isOfLines: Bool
        private var lines: [UInt8] = []
        private var records: [[UInt8]] = []
        private(set) var byteCount = 0

        init(isOfLines: Bool) { self.isOfLines = isOfLines }

        mutating func add(_ bytes: UnsafeRawBufferPointer) {
            byteCount += bytes.count + 1
            if isOfLines {
                lines.append(contentsOf: bytes)
                lines.append(0x0A)
            } else {
                records.append(Array(bytes))
            }
        }

        mutating func take() -> ImportChunk? {
            guard byteCount > 0 else { return nil }
            defer { (lines, records, byteCount) = ([], [], 0) }
            return isOfLines ? .lines(lines) : .records(records)
        }
    }
}
