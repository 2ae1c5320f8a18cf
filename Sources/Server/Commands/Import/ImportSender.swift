internal import ColumnStore

/// Records on their way to the store, several requests at a time.
///
/// 1. At most four batches wait, beside the one that each client has under way: the file is read no faster than it is taken.
/// 2. The first failure ends all: nothing more is taken from the queue.
/// 3. Batches may be answered in another order than they were read in.
/// 4. A record is counted once the store has it, or has found it wrong: one that the store does not take is none of these, and ends all.
/// 5. Too large (413) is only what is so alone: of several it may be their body, or their work together.
final class ImportSender: Sendable {
    /// With its number in its file, from 1.
    typealias Record = (number: Int, bytes: [UInt8])

    struct Batch: Sendable {
        var contentType: String
        /// Goes before the records: a CSV file's header.
        var header: [UInt8]?
        var records: [Record]
        var byteCount = 0
        /// They are values of a JSON file: one that may not be a line goes by itself.
        var isOfValues = false
        /// Each of its records has a line in the answer.
        var isOfLines: Bool { contentType == ImportSender.lines || header != nil }

        func document(_ index: Int) -> [UInt8] { (header.map { $0 + [0x0A] } ?? []) + records[index].bytes }

        /// The same with others of its records.
        func with(_ chosen: some Sequence<Record>) -> Batch {
            var batch = self
            batch.records = Array(chosen)
            batch.byteCount = batch.records.reduce(0) { $0 + $1.bytes.count }
            return batch
        }
    }

    /// Records that an answer has not settled.
    private struct Open {
        /// The store cannot take them now.
        var later: [Record] = []
        /// Together with others they are too much for one body: nothing may be wrong with them.
        var crowded: [Record] = []
        /// Several receipts each, which no line may be.
        var several: [Record] = []
    }

    struct Counts: Sendable {
        var imported = 0
        var repeated = 0
        var rejected = 0
        var total: Int { imported + repeated + rejected }

        mutating func add(_ other: Counts) {
            imported += other.imported
            repeated += other.repeated
            rejected += other.rejected
        }
    }

    private struct State {
        var batches: [Batch] = []
        var counts = Counts()
        var isFinished = false
        var runningCount = 0
        /// Batches that were taken from the queue and have no answer yet.
        var postingCount = 0
        /// A record that went by itself, and is no array, was several receipts.
        var hasEnvelope = false
        var failure: (any Error)?
    }

    private static let waitingMax = 4
    /// Of one batch, each after what `Retry-After` says, at most 30 s.
    private static let retryCountMax = 30
    private let state = Monitor(State())
    private let path: String
    private let rejected: RejectedFile

    /// - Parameter path: of the calls, with its query.
    init(clients: [APIClient], path: String, rejected: RejectedFile) {
        self.path = path
        self.rejected = rejected
        for client in clients {
            let lent = Lent(client)
            state.withLock { $0.runningCount += 1 }
            WorkerThread(name: "import", isDetached: true) { [self] in run(lent.client) }
        }
    }

    /// A client is used by the one thread that it is given to.
    private struct Lent: @unchecked Sendable {
        let client: APIClient
        init(_ client: APIClient) { self.client = client }
    }

    /// Waits while enough is under way.
    func send(_ batch: Batch) throws {
        let failure = state.wait { state -> (any Error)?? in
            if let failure = state.failure { return .some(failure) }
            guard state.batches.count < Self.waitingMax else { return nil }
            state.batches.append(batch)
            return .some(nil)
        }
        // The queue has grown: whoever waits for that must look.
        state.broadcast { _ in }
        if let failure { throw failure }
    }

    /// Waits until everything that was sent is answered; more may be sent then.
    func settle() throws {
        let failure = state.wait { state -> (any Error)?? in
            if let failure = state.failure { return .some(failure) }
            return state.batches.isEmpty && state.postingCount == 0 ? .some(nil) : nil
        }
        if let failure { throw failure }
    }

    /// Waits until everything is answered.
    func finish() throws -> Counts {
        state.broadcast { $0.isFinished = true }
        let (counts, failure) = state.wait { state in state.runningCount == 0 ? (state.counts, state.failure) : nil }
        if let failure { throw failure }
        return counts
    }

    var counts: Counts { state.withLock { $0.counts } }
    var hasEnvelope: Bool { state.withLock { $0.hasEnvelope } }

    private func run(_ client: APIClient) {
        defer { state.broadcast { $0.runningCount -= 1 } }
        while true {
            enum Turn { case batch(Batch), end }
            let turn = state.wait { state -> Turn? in
                if state.failure != nil { return .end }
                if !state.batches.isEmpty {
                    state.postingCount += 1
                    return .batch(state.batches.removeFirst())
                }
                return state.isFinished ? .end : nil
            }
            guard case .batch(let batch) = turn else { return }
            state.broadcast { _ in }
            do {
                let counts = try post(batch, client)
                state.broadcast { state in
                    state.counts.add(counts)
                    state.postingCount -= 1
                }
            } catch {
                state.broadcast { $0.failure = $0.failure ?? error }
            }
        }
    }

    /// Sends a batch until each of its records has its answer: what the store cannot take now it takes later.
    private func post(_ batch: Batch, _ client: APIClient) throws -> Counts {
        var batch = batch
        var counts = Counts()
        for attempt in 0...Self.retryCountMax {
            let isLast = attempt == Self.retryCountMax
            let answer = try client.call("POST", path, headers: [("Content-Type", batch.contentType)], body: Self.body(batch))
            if !Self.isForLater(answer.status) || isLast {
                let open = try count(answer, batch, isLast: isLast, &counts)
                try postInHalves(batch.with(open.crowded), client, &counts)
                for record in open.several { try postPart(Batch(contentType: "application/json", records: [record], byteCount: record.bytes.count), client, &counts) }
                if open.later.isEmpty { return counts }
                batch = batch.with(open.later)
            }
            let seconds = answer.headers["retry-after"].flatMap { Double($0) } ?? 1
            _ = state.wait(seconds: min(seconds, 30)) { state in state.failure != nil ? true : nil }
        }
        throw CommandError("the server takes nothing more")
    }

    /// Ends with batches of one record, which have no others to be too much with.
    private func postInHalves(_ batch: Batch, _ client: APIClient, _ counts: inout Counts) throws {
        let middle = (batch.records.count + 1) / 2
        for half in [batch.records[..<middle], batch.records[middle...]] where !half.isEmpty { try postPart(batch.with(half), client, &counts) }
    }

    private func postPart(_ batch: Batch, _ client: APIClient, _ counts: inout Counts) throws {
        guard state.withLock({ $0.failure == nil }) else { throw CommandError("another connection has ended the import") }
        counts.add(try post(batch, client))
    }

    private static func body(_ batch: Batch) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(batch.byteCount + batch.records.count)
        if let header = batch.header { body += header + [0x0A] }
        for record in batch.records {
            body.append(contentsOf: record.bytes)
            if batch.isOfLines { body.append(0x0A) }
        }
        return body
    }

    /// Too much at a time, or no room just now.
    private static func isForLater(_ status: Int) -> Bool { status == 429 || status == 503 }

    /// Of an answer that is none for records (a wrong key, another server) the whole import ends.
    ///
    /// - Returns: the records to send again.
    private func count(_ answer: APIClient.Answer, _ batch: Batch, isLast: Bool, _ counts: inout Counts) throws -> Open {
        switch answer.status {
        case 200 where answer.headers["content-type"]?.hasPrefix(Self.lines) == true:
            if batch.contentType == "application/json" { noteSeveral(batch) }
            return try countLines(answer.body, batch, isLast: isLast, &counts)
        case 200...202 where batch.isOfLines && batch.records.count > 1: throw Self.missing(0, batch)
        case 200:
            let body = try JSONParser.parse(answer.body)
            guard case .array(let results)? = body["results"] else {
                counts.repeated += 1
                break
            }
            noteSeveral(batch)
            let repeatedCount = results.count { $0["repeat"]?.boolean == true }
            counts.repeated += repeatedCount
            counts.imported += results.count - repeatedCount
        case 201, 202: counts.imported += 1
        case 413 where batch.records.count > 1: return Open(crowded: batch.records)
        case let status where [400, 409, 413, 415, 422].contains(status) && batch.records.count == 1:
            counts.rejected += 1
            try rejected.add(number: batch.records[0].number, document: batch.document(0), problem: answer.body)
        default: throw CommandError(APIClient.problemText(answer))
        }
        return Open()
    }

    /// Rejected is what is wrong in itself (4xx), also alone. Where the store does not take a record (429, 5xx) nothing is wrong with that: it is sent again, and at last the import ends.
    ///
    /// Each line and each record of CSV has one in the answer: fewer say nothing of the others, which may not be stored.
    ///
    /// - Throws: `CommandError`, once all lines are counted.
    private func countLines(_ body: [UInt8], _ batch: Batch, isLast: Bool, _ counts: inout Counts) throws -> Open {
        let results = try body.split(separator: 0x0A).map { try JSONParser.parse(Array($0)) }
        // Where a record is of several receipts, or several are of one, nobody knows which of them a line is about: all go again, and what is stored by now is counted as repeated then.
        if results.count != batch.records.count {
            let statuses = results.compactMap { $0["status"]?.integer }
            let isLater = statuses.contains { Self.isForLater($0) }
            if isLater, !isLast { return Open(later: batch.records) }
            if !isLater, statuses.contains(413), batch.records.count > 1 { return Open(crowded: batch.records) }
        }
        var open = Open()
        var end: CommandError?
        if batch.isOfLines, results.count < batch.records.count { end = Self.missing(results.count, batch) }
        for (index, result) in results.enumerated() {
            let place = min(index, batch.records.count - 1)
            switch result["status"]?.integer {
            case 200: counts.repeated += 1
            case 201, 202: counts.imported += 1
            case let status? where Self.isForLater(status) && !isLast: open.later.append(batch.records[place])
            case 413 where batch.records.count > 1: open.crowded.append(batch.records[place])
            case .some where batch.isOfValues && Self.isOfSeveral(result): open.several.append(batch.records[place])
            case let status? where (400..<500).contains(status) && !Self.isForLater(status):
                counts.rejected += 1
                try rejected.add(number: batch.records[place].number, document: batch.document(place), problem: (result["problem"] ?? result).serialized)
            default: end = end ?? Self.end(result, record: batch.records[place].number)
            }
        }
        if let end { throw end }
        return open
    }

    private func noteSeveral(_ batch: Batch) {
        guard batch.records.contains(where: { !ImportBatcher.isArray($0.bytes) }) else { return }
        state.withLock { $0.hasEnvelope = true }
    }

    /// Whether a line was refused because it is an array or an envelope.
    private static func isOfSeveral(_ result: JSONValue) -> Bool {
        guard case .array(let errors)? = result["problem"]?["errors"] else { return false }
        return errors.contains { $0["code"]?.text == "not-one-document" }
    }

    private static func missing(_ count: Int, _ batch: Batch) -> CommandError {
        let last = batch.records.last?.number ?? 0
        return CommandError("the server answered for \(count) of \(batch.records.count) records, up to record \(last): what became of the others nobody knows\n\(again)")
    }

    /// The media type of NDJSON.
    static let lines = "application/x-ndjson"
    private static let again = "Import the file again once the store takes records: what it has by then is counted as repeated"

    private static func end(_ result: JSONValue, record: Int) -> CommandError {
        let reason = result["problem"].flatMap { APIClient.problemText($0) } ?? "the server answered \(String(decoding: result.serialized, as: UTF8.self))"
        return CommandError("record \(record) was not taken, and nothing is wrong with it: \(reason)\n\(again)")
    }
}
