/// Takes files of documents into the store.
enum ImportCommand: Command {
    static let name = "import"
    static let summary = "Takes files of documents into the store."
    static let usage = ["(--data DIR | --url URL [--ca FILE | --insecure]) [--client C] [--type T] FILE…"]
    static let options =
        [
            Arguments.Option("client", "C", "Whose documents they are; not needed where their type maps client_id."),
            .init("type", "T", "Their document type, instead of recognising it."),
        ] + StoreAccess.options

    /// Lines that go in one request: enough to share a commit, few enough to show progress.
    private static let batchCountMax = 2_000
    private static let batchByteCountMax = 4 << 20
    private static let connectionCount = 4

    static func run(_ arguments: Arguments) throws -> Int32 {
        let client = try arguments.one("client")
        guard !arguments.operands.isEmpty else { throw UsageError("a file is wanted, or - for standard input") }
        if arguments.operands.filter({ $0 == "-" }).count > 1 { throw UsageError("standard input can be read once") }
        let parameters = [("client", client), ("type", try arguments.one("type"))].compactMap { name, value in
            value.map { "\(name)=\(RequestTarget.encode($0))" }
        }
        let path = "/v1/receipts" + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
        let store = try StoreAccess(arguments)
        if let client, store.directory != nil, !store.isLocal { try makeContract(client, store) }
        var total = ImportSender.Counts()
        for file in arguments.operands {
            let counts = try take(file, store, path)
            total.imported += counts.imported
            total.repeated += counts.repeated
            total.rejected += counts.rejected
        }
        try store.close()
        Terminal.write("imported \(total.imported), repeated \(total.repeated), rejected \(total.rejected)\n")
        return ExitStatus.done
    }

    /// A server knows clients by their contracts, but who can write the directory needs none: one without keys lets nobody in.
    private static func makeContract(_ client: String, _ store: StoreAccess) throws {
        let path = "/v1/contracts/\(RequestTarget.encode(client))"
        guard try store.client.call("GET", path).status == 404 else { return }
        let body = Array(#"{"access":"read-write","scope":"own"}"#.utf8)
        _ = try APIClient.succeed(try store.client.call("PUT", path, headers: [("Content-Type", "application/json")], body: body))
    }

    private static func take(_ file: String, _ store: StoreAccess, _ path: String) throws -> ImportSender.Counts {
        let input = try ImportInput(file)
        let rejected = RejectedFile((file == "-" ? "stdin" : file) + ".rejected.ndjson")
        let clients = try (0..<connectionCount).map { _ in try store.anotherClient() }
        let sender = ImportSender(clients: clients, path: path, rejected: rejected)
        var batcher = Batcher(sender: sender)
        var bar = ProgressBar()
        var splitter: RecordSplitter?
        var format = ImportFormat.lines
        while true {
            let piece = try input.next()
            if splitter == nil {
                format = ImportFormat.of(path: file, first: piece ?? [])
                splitter = RecordSplitter(format)
            }
            if var cutter = splitter {
                splitter = nil
                // The header of a CSV file is known once its first row is.
                var records: [[UInt8]] = []
                try cutter.add(piece ?? [], isLast: piece == nil) { records.append($0) }
                for record in records { try batcher.add(record, format: format, header: cutter.csvHeader) }
                splitter = cutter
            }
            let fraction = input.byteCount.map { Double(input.readByteCount) / Double(max($0, 1)) }
            bar.show(fraction: fraction, count: sender.counts.total, unit: "records")
            if piece == nil { break }
        }
        try batcher.flush()
        let counts = try sender.finish()
        bar.show(fraction: input.byteCount == nil ? nil : 1, count: counts.total, unit: "records", isLast: true)
        rejected.close()
        return counts
    }

    /// Puts records that are one line each together; others go alone, since NDJSON would change their bytes.
    private struct Batcher {
        let sender: ImportSender
        private var batch = ImportSender.Batch(contentType: "application/x-ndjson", records: [])
        private var number = 0

        init(sender: ImportSender) { self.sender = sender }

        mutating func add(_ record: [UInt8], format: ImportFormat, header: [UInt8]?) throws {
            number += 1
            if let header { (batch.contentType, batch.header) = ("text/csv", header) }
            let contentType: String? =
                switch format {
                case .xml: "application/xml"
                case .csv: nil
                case .json, .lines: record.contains(0x0A) || record.contains(0x0D) ? "application/json" : nil
                }
            if let contentType {
                try sender.send(.init(contentType: contentType, records: [(number, record)], byteCount: record.count))
                return
            }
            if batch.byteCount + record.count > ImportCommand.batchByteCountMax { try flush() }
            batch.records.append((number, record))
            batch.byteCount += record.count
            if batch.records.count >= ImportCommand.batchCountMax { try flush() }
        }

        mutating func flush() throws {
            guard !batch.records.isEmpty else { return }
            try sender.send(batch)
            batch.records = []
            batch.byteCount = 0
        }
    }
}
