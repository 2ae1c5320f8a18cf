internal import Documents
internal import Ingest

/// Takes files of documents into the store.
enum ImportCommand: Command {
    static let name = "import"
    static let summary = "Takes files of documents into the store."
    static let usage = ["(--data DIR [--config FILE] | --url URL [--ca FILE | --insecure]) [--client C] [--type T] FILE…"]
    static let options =
        [
            Arguments.Option("client", "C", "Whose documents they are; not needed where their type maps client_id."),
            .init("type", "T", "Their document type, instead of recognising it."),
        ] + StoreAccess.options

    private static let connectionCount = 4

    static var outcomes: Outcomes {
        Outcomes(
            done: "every record was read; those that were rejected lie in FILE.rejected.ndjson, with their reasons",
            failed: "a file could not be read to its end, or the store takes nothing more")
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        let client = try arguments.one("client")
        guard !arguments.operands.isEmpty else { throw UsageError("a file is wanted, or - for standard input") }
        if arguments.operands.filter({ $0 == "-" }).count > 1 { throw UsageError("standard input can be read once") }
        if let client, (try? Call.check(id: client, "client")) == nil { throw UsageError("--client wants 1 to 200 bytes without control characters, not \(MemberReader.shown(client))") }
        let parameters = [("client", client), ("type", try arguments.one("type"))].compactMap { name, value in
            value.map { "\(name)=\(RequestTarget.encode($0))" }
        }
        let path = "/v1/receipts" + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
        let store = try StoreAccess(arguments, mayCreate: true)
        try ClientNeed.check(client, type: try arguments.one("type"), store)
        if let client, store.directory != nil, !store.isLocal { try makeContract(client, store) }
        var total = ImportSender.Counts()
        var owner = BulkImporter.Options()
        (owner.client, owner.type) = (client, try arguments.one("type"))
        var needsClient = false
        var broken: CommandError?
        for file in arguments.operands where broken == nil {
            let taken = try take(file, store, path, owner, &needsClient)
            total.imported += taken.counts.imported
            total.repeated += taken.counts.repeated
            total.rejected += taken.counts.rejected
            broken = taken.broken
            // As of a text that is read as CSV, and is a header alone.
            if broken == nil, taken.readCount == 0 { Terminal.writeError("till import: \(file) holds no record\n") }
        }
        try store.close()
        if client == nil, needsClient { Terminal.writeError("till import: some documents do not say whose they are: name their client with --client C\n") }
        Terminal.write("imported \(total.imported), repeated \(total.repeated), rejected \(total.rejected)\n")
        if let broken { throw broken }
        return ExitStatus.done
    }

    /// A server knows clients by their contracts, but who can write the directory needs none: one without keys lets nobody in.
    private static func makeContract(_ client: String, _ store: StoreAccess) throws {
        let path = "/v1/contracts/\(RequestTarget.encode(client))"
        guard try store.client.call("GET", path).status == 404 else { return }
        let body = Array(#"{"access":"read-write","scope":"own"}"#.utf8)
        _ = try APIClient.succeed(try store.client.call("PUT", path, headers: [("Content-Type", "application/json")], body: body))
    }

    /// What became of a file's records, as far as it could be read.
    struct Taken {
        var counts = ImportSender.Counts()
        /// Records that were met in it.
        var readCount = 0
        /// Why it was read no further.
        var broken: CommandError?
    }

    private static func take(_ file: String, _ store: StoreAccess, _ path: String, _ owner: BulkImporter.Options, _ needsClient: inout Bool) throws -> Taken {
        let input: ImportInput
        let first: [UInt8]?
        do throws(ImportInput.Unreadable) {
            input = try ImportInput(file)
            first = try input.next()
        } catch {
            return Taken(broken: CommandError(error.description))
        }
        let rejected = RejectedFile(RejectedFile.path(of: file))
        defer {
            if RejectedFile.isDescriptor(file), rejected.isThere { Terminal.writeError("till import: rejected records of \(file) lie in \(rejected.path)\n") }
            rejected.close()
            needsClient = needsClient || rejected.needsClient
        }
        let clients = try (0..<connectionCount).map { _ in try store.anotherClient() }
        let sender = ImportSender(clients: clients, path: path, rejected: rejected)
        let form = RecordForm.of(name: file, first: first ?? [])
        switch form {
        case .lines, .json:
            guard let engine = store.engine else { fallthrough }
            return try BulkImport(input: input, sender: sender, rejected: rejected).run(engine, owner, form, first: first)
        default: return try post(input, sender, rejected, form, first: first)
        }
    }

    /// Everything through the API.
    private static func post(
        _ input: ImportInput, _ sender: ImportSender, _ rejected: RejectedFile, _ form: RecordForm, first: [UInt8]?
    ) throws -> Taken {
        var batcher = ImportBatcher(sender: sender)
        var bar = ProgressBar()
        var (readCount, refusedCount) = (0, 0)
        var end: CommandError?
        do {
            try forEachRecord(of: input, form, first: first) { record in
                readCount += 1
                switch record.content {
                case .whole(let bytes): try batcher.add(record.number, Array(bytes), form: form, header: record.header)
                case .refused(let fault):
                    refusedCount += 1
                    try rejected.add(number: record.number, document: [], problem: ProblemBody(Problem(fault)).json())
                }
                if record.number % 1_000 == 0 { bar.show(fraction: input.fraction, count: sender.counts.total, unit: "records") }
            }
        } catch let error as RecordFileError {
            end = broken(input, error)
        } catch let error as ImportInput.Unreadable {
            end = broken(input, error)
        }
        try batcher.flush()
        var counts = try sender.finish()
        counts.rejected += refusedCount
        bar.show(fraction: input.byteCount == nil ? nil : 1, count: counts.total, unit: "records", isLast: true)
        return Taken(counts: counts, readCount: readCount, broken: end)
    }

    /// - Throws: `RecordFileError` where nothing more can be read; what came before is given out.
    static func forEachRecord(of input: ImportInput, _ form: RecordForm, first: [UInt8]?, _ take: (StreamRecord) throws -> Void) throws {
        // A file of nothing has no records, whatever its form.
        guard var piece = first else { return }
        var stream = RecordStream(form)
        while true {
            try stream.add(piece, take)
            guard let next = try input.next() else { break }
            piece = next
        }
        try stream.finish(take)
    }

    static func broken(_ input: ImportInput, _ error: RecordFileError) -> CommandError {
        CommandError("\(input.path): \(error.fault.detail)\(upToThere)")
    }

    static func broken(_ input: ImportInput, _ error: ImportInput.Unreadable) -> CommandError { CommandError(error.description + upToThere) }

    private static let upToThere = ": the file is read up to there, and what came before it is taken"
}
