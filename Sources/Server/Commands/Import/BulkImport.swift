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

    func run(_ engine: Engine, _ options: BulkImporter.Options, _ format: ImportFormat, first: [UInt8]?) throws -> ImportSender.Counts {
        let batcher = Mutex(ImportBatcher(sender: sender))
        let rejected = rejected
        let importer = BulkImporter(
            engine: engine, options: options,
            outlet: .init(
                passOn: { number, bytes in try batcher.withLock { try $0.add(number, bytes, format: format) } },
                refuse: { number, document, problem in
                    var writer = JSONWriter(reserving: 256 + 128 * problem.errors.count)
                    ProblemBody(Problem(problem)).write(to: &writer)
                    try rejected.add(number: number, document: document, problem: writer.bytes)
                }))
        defer { importer.stop() }
        var bar = ProgressBar()
        try cut(format, first: first) { chunk in
            try importer.add(chunk)
            bar.show(fraction: input.fraction, count: importer.seenCount, unit: "records")
        }
        let bulk = try importer.finish()
        try batcher.withLock { try $0.flush() }
        var counts = try sender.finish()
        counts.imported += bulk.imported
        counts.repeated += bulk.repeated
        counts.rejected += bulk.rejected
        bar.show(fraction: input.byteCount == nil ? nil : 1, count: counts.total, unit: "records", isLast: true)
        return counts
    }

    /// Cuts the input into pieces of whole records.
    private func cut(_ format: ImportFormat, first: [UInt8]?, _ take: (ImportChunk) throws -> Void) throws {
        var piece = first
        guard case .lines = format else {
            var splitter = RecordSplitter(format)
            while true {
                var records: [[UInt8]] = []
                try splitter.add(piece ?? [], isLast: piece == nil) { records.append($0) }
                if !records.isEmpty { try take(.records(records)) }
                if piece == nil { return }
                piece = try input.next()
            }
        }
        var pending: [UInt8] = []
        while let bytes = piece {
            pending.append(contentsOf: bytes)
            guard pending.count <= RecordSplitter.recordByteCountMax + bytes.count else {
                throw RecordSplitter.TooLong(number: nil, byteCountMax: RecordSplitter.recordByteCountMax)
            }
            if let end = Self.lastLineEnd(pending, among: bytes.count) {
                let rest = Array(pending[end...])
                pending.removeLast(pending.count - end)
                try take(.lines(pending))
                pending = rest
            }
            piece = try input.next()
        }
        if !pending.isEmpty { try take(.lines(pending)) }
    }

    /// Behind the last LF of the last `count` bytes.
    private static func lastLineEnd(_ bytes: [UInt8], among count: Int) -> Int? {
        bytes.withUnsafeBytes { bytes in
            var end = bytes.count
            let start = end - count
            while end > start, bytes[end - 1] != 0x0A { end -= 1 }
            return end > start ? end : nil
        }
    }
}
