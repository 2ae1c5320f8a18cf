internal import ColumnStore
internal import Documents
internal import Ingest

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
        !principal.seesSensitive && principal.identity.client?.text != clientID
    }

    private static let quarantine = StoreRelation("quarantine", isForOwn: true, of: QuarantineBody.self) { (cursor: String?, principal, parts, hold) in
        let page = try parts.store.refused.quarantine(
            client: nil, received: ReceivedSpan(), cursor: cursor, limit: documentCount, withDocuments: true, as: principal, hold: hold)
        let bodies = page.entries.map { QuarantineBody($0, as: principal) }
        try hold(bodies.reduce(0) { $0.addingSaturating($1.heldByteCount) })
        return (bodies, page.nextCursor)
    }

    private static let deadLetters = StoreRelation("dead_letters", isForOwn: true, of: DeadLetterBody.self) { (cursor: String?, principal, parts, hold) in
        let page = try parts.store.deadLetters.deadLetters(client: nil, cursor: cursor, limit: rowCount, as: principal, hold: hold)
        return (page.letters.map { DeadLetterBody(letter: $0) }, page.nextCursor)
    }

    private static func someUploads(_ place: Upload?, _ principal: Principal, _ parts: CatalogParts) throws -> [Upload] {
        try parts.store.uploads.uploads(client: nil, state: nil, after: place.map { ($0.createdAt, $0.id) }, limit: rowCount, as: owner(principal))
    }

    private static let uploads = StoreRelation("uploads", isForOwn: true, of: UploadBody.self) { (place: Upload?, principal, parts, _) in
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

    private static let uploadErrors = StoreRelation("upload_errors", isForOwn: true, of: UploadErrorRow.self) { (place: ErrorPlace?, principal, parts, hold) in
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

    private static let executions = StoreRelation("executions", isForOwn: true, of: ExecutionRow.self) { (before: Int64?, principal, parts, hold) in
        let question = ExecutionQuestion(before: before, limit: rowCount, byteCountMax: executionsByteCount)
        let page = try parts.store.processes.executions(question, as: owner(principal), hold: hold)
        let isCut = page.isCut || page.executions.count == rowCount
        let rows = page.executions.map { ExecutionRow(execution: $0, isHidden: isHidden($0.owner.client?.text, principal)) }
        return (rows, isCut ? page.executions.last?.number : nil)
    }

    private static let queries = StoreRelation("queries", isForOwn: true) { (principal: Principal, parts: CatalogParts) -> [QueryRow] in
        guard let service = parts.queries else { return [] }
        let ended = service.finished.all.filter { service.isSeen(by: principal, of: $0.asker) }.map { QueryRow(ended: $0) }
        return ended + service.all.filter { service.isSeen(by: principal, of: $0.asker) }.map { QueryRow(running: $0) }
    }

    private static let usage = StoreRelation("usage", isForOwn: true, of: UsageRow.self) { (after: String?, principal, parts, _) in
        if case .client(let client) = principal.rows {
            return (try UsageRow.rows(of: client.text, as: principal, parts), nil)
        }
        let contracts = try parts.store.contracts.contracts(after: after, limit: 32)
        let rows = try contracts.flatMap { try UsageRow.rows(of: $0.clientID, as: .admin, parts) }
        return (rows, contracts.count < 32 ? nil : contracts.last?.clientID)
    }
}
