internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Relations that every contract has, with what is its own; who sees all rows sees all of them.
enum OwnRelations {
    static let all: [StoreRelation] = [quarantine, deadLetters, uploads, uploadErrors, executions, queries, usage]

    /// Of refused documents a page has few: each may be as long as a body.
    private static let documentCount = 8
    private static let rowCount = 500
    /// Of executions, each of which may have two mebibytes: a query of little memory reads them, too.
    private static let executionsByteCount = 2 << 20

    /// Lists of uploads, executions and usage are by owner: who sees all rows asks for all owners.
    static func owner(_ principal: Principal) -> Principal { principal.rows == .all ? .admin : principal }

    /// What was sent by others may have values that are not for everybody who sees all rows.
    static func isHidden(_ clientID: String?, _ principal: Principal) -> Bool {
        !principal.seesSensitive && principal.identity.client != clientID.map { ClientID($0) }
    }

    private static let quarantine = StoreRelation("quarantine", "Documents that were refused.", isForOwn: true, of: QuarantineBody.self) { (cursor: String?, principal, parts, hold) in
        let page = try parts.store.refused.quarantine(
            client: nil, received: ReceivedSpan(), cursor: cursor, limit: documentCount, withDocuments: true, as: principal, hold: hold)
        let bodies = page.entries.map { QuarantineBody($0, as: principal) }
        try hold(bodies.reduce(0) { $0.addingSaturating($1.heldByteCount) })
        return (bodies, page.nextCursor)
    }

    private static let deadLetters = StoreRelation(
        "dead_letters", "Registrations, callbacks and events that were given up.", isForOwn: true, of: DeadLetterBody.self
    ) { (cursor: String?, principal, parts, hold) in
        let page = try parts.store.deadLetters.deadLetters(client: nil, cursor: cursor, limit: rowCount, as: principal, hold: hold)
        return (page.letters.map { DeadLetterBody(letter: $0) }, page.nextCursor)
    }

    private static func someUploads(_ place: Upload?, _ principal: Principal, _ parts: CatalogParts) throws -> [Upload] {
        try parts.store.uploads.uploads(client: nil, state: nil, after: place.map { ($0.createdAt, $0.id) }, limit: rowCount, as: owner(principal))
    }

    private static let uploads = StoreRelation("uploads", "Files that clients sent, and how far they are.", isForOwn: true, of: UploadBody.self) { (place: Upload?, principal, parts, _) in
        let found = try someUploads(place, principal, parts)
        return (found.map { UploadBody(upload: $0) }, found.count < rowCount ? nil : found.last)
    }

    /// Where a walk over the errors of all uploads stands.
    private struct ErrorPlace {
        /// Behind the one whose errors are read; nil: there is none.
        var uploads: ArraySlice<Upload>
        var upload: Upload
        var record: Int64
        var isLastPage: Bool
    }

    private static let uploadErrors = StoreRelation(
        "upload_errors", "Records of uploads that were not taken.", isForOwn: true, of: UploadErrorRow.self
    ) { (place: ErrorPlace?, principal, parts, hold) in
        var place = place
        if place == nil {
            let found = try someUploads(nil, principal, parts)
            guard let first = found.first else { return ([], nil) }
            place = ErrorPlace(uploads: found.dropFirst(), upload: first, record: 0, isLastPage: found.count < rowCount)
        }
        guard var here = place else { return ([], nil) }
        let found = try parts.store.uploads.rejections(of: here.upload, after: here.record, limit: rowCount, as: principal) { try hold($0.multipliedSaturating(by: 2)) }
        let isHidden = isHidden(here.upload.clientID, principal)
        let rows = found.rejections.map { UploadErrorRow(uploadID: here.upload.id, clientID: here.upload.clientID, rejection: $0, isHidden: isHidden) }
        if found.hasMore, let last = found.rejections.last {
            here.record = last.record
            return (rows, here)
        }
        if here.uploads.isEmpty, !here.isLastPage {
            let more = try someUploads(here.upload, principal, parts)
            (here.uploads, here.isLastPage) = (more[...], more.count < rowCount)
        }
        guard let next = here.uploads.popFirst() else { return (rows, nil) }
        (here.upload, here.record) = (next, 0)
        return (rows, here)
    }

    private static let executions = StoreRelation(
        "executions", "Executions of processes that run or ended not long ago; older ones are in the table executions.", isForOwn: true, of: ExecutionRow.self
    ) { (before: Int64?, principal, parts, hold) in
        let question = ExecutionQuestion(before: before, limit: rowCount, byteCountMax: executionsByteCount)
        let page = try parts.store.processes.executions(question, as: owner(principal), hold: hold)
        let isCut = page.isCut || page.executions.count == rowCount
        let rows = page.executions.map { ExecutionRow(execution: $0, isHidden: isHidden($0.owner.client?.text, principal)) }
        return (rows, isCut ? page.executions.last?.number : nil)
    }

    private static let queries = StoreRelation(
        "queries", "Queries that run, and the last 10,000 that ended since the start.", isForOwn: true
    ) { (principal: Principal, parts: CatalogParts) -> [QueryRow] in
        guard let service = parts.queries else { return [] }
        let ended = service.finished.all.filter { service.isSeen(by: principal, of: $0.asker) }.map { QueryRow(ended: $0) }
        return ended + service.all.filter { service.isSeen(by: principal, of: $0.asker) }.map { QueryRow(running: $0) }
    }

    /// Where a walk over what clients used stands.
    private enum UsagePlace {
        case beginning
        /// Of whom there are figures, and who are still to come; with what they take in memory.
        case clients(ArraySlice<String>, byteCount: Int)
    }

    /// Of each there may be years of days.
    private static let usageClientCount = 32
    /// Of the time that a count may take before the query is asked whether somebody waits for it.
    private static let usageTurnSeconds = 0.2

    /// - Returns: nil where rows are left that nobody has counted since the start: the next turn goes on with them.
    private static func inTurn<Result>(_ body: (Cancellation) throws -> Result) throws -> Result? {
        do { return try body(Cancellation(timeLimitSeconds: usageTurnSeconds)) } catch let error as QueryError where error.slug == .queryTimeout { return nil }
    }

    private static func byteCount(of clients: [String]) -> Int { clients.reduce(0) { $0.addingSaturating($1.utf8.count + MemoryLayout<String>.size) } }

    /// By those of whom there are figures, not by contracts: figures stay when a contract goes.
    private static let usage = StoreRelation("usage", "What each client used, by day.", isForOwn: true, of: UsageRow.self) { (place: UsagePlace?, principal, parts, hold) in
        let (usage, asker) = (parts.store.usage, owner(principal))
        var left: ArraySlice<String>
        var heldByteCount: Int
        if case .clients(let clients, let byteCount)? = place {
            left = clients
            heldByteCount = byteCount
        } else {
            var found: [String]?
            if case .client(let own) = principal.rows { found = [own.text] } else { found = try inTurn { try usage.usageClients(as: asker, unless: $0) } }
            guard let clients = found else { return ([], .beginning) }
            left = clients[...]
            heldByteCount = byteCount(of: clients)
        }
        try hold(heldByteCount)
        let some = Array(left.prefix(usageClientCount))
        guard let days = try inTurn({ try usage.dailyUsage(of: some, as: asker, unless: $0) }) else { return ([], .clients(left, byteCount: heldByteCount)) }
        left = left.dropFirst(some.count)
        heldByteCount = heldByteCount.subtractingSaturating(byteCount(of: some))
        return (days.map { UsageRow(clientID: $0.clientID, span: $0.span) }, left.isEmpty ? nil : .clients(left, byteCount: heldByteCount))
    }
}
