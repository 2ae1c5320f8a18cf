import ColumnStore
import Documents
import Query

/// Takes back what an upload has changed: every identity whose newest version is the upload's gets a further one that is equal to the version before,
/// or a removal. A step at a time, each committed with its position.
///
/// A version is only added where the upload's is still the newest one at that instant, which the writer looks at: nothing newer is ever lost.
///
/// Each step of at most 500 rows:
/// 1. Of each row the versions of its document are looked up. A row that FAILED is passed over: it changed nothing.
/// 2. Where the upload's version is the newest, a row is made: a removal where there was nothing before or a removal, else the version before once more. Whoever asked must have
///    the right to it by now; else the taking back ends, and nothing of the step is stored.
/// 3. Where something newer has come, it counts as left; unless it is what a try that was cut off has written, which counts as reverted.
/// 4. The rows are stored, each on its own; then position and counts are committed, and with them what the rows are not to count for as receipts: they were
///    sent once, and not again.
final class UploadReverter {
    private let uploads: Uploads
    private var upload: Upload
    private let intake: Intake
    /// Of the step: what its rows count for and nobody has sent, as less than nothing.
    private var usage: [UsageKey: UsageFigures] = [:]

    /// The store closes, or another owner is to have the place: it goes on where it stood.
    private struct Stopped: Error {}
    /// Whoever asked for it has not the right to it any more.
    private struct Forbidden: Error {
        let fault: Fault
        /// Whether a try that was cut off has stored rows of the step already.
        var isStepBegun = true
    }

    /// Rows of the upload that are looked up together, and of them those that are committed together.
    private static let windowCount = 20_000
    private static let stepCount = 500
    /// Of a step, rows are read and stored together while the versions to be had again have so many bytes: each may have as many as a document, and columns of as many.
    private static let readByteCountMax = 16 << 20
    /// Before rows that the store cannot take now are given to it again.
    private static let pauses = GrowingPause(1...15)

    init(_ uploads: Uploads, _ upload: Upload) {
        (self.uploads, self.upload) = (uploads, upload)
        intake = Intake(parts: uploads.intake, request: IntakeRequest(form: .json, body: [], contentType: "", principal: .admin))
    }

    func run() {
        do {
            while true {
                let rows = try window()
                for start in stride(from: 0, to: rows.count, by: Self.stepCount) {
                    if uploads.queue.isStopped || uploads.queue.mustYield(upload.id) { throw Stopped() }
                    try step(Array(rows[start..<min(rows.count, start + Self.stepCount)]))
                }
                if rows.count < Self.windowCount { break }
            }
            let state = upload.state
            (upload.state, upload.revert.stage) = (.reverted, .done)
            _ = try uploads.catalog.change(upload, from: state)
            StoreLog.note("an upload was taken back", path: upload.id, reason: "\(upload.revert.reverted) identities, \(upload.revert.left) left as they were")
        } catch is Stopped {
            return
        } catch let forbidden as Forbidden {
            end(forbidden)
        } catch {
            // It is begun again where it stood: the caller's answer said that it would be done.
            StoreLog.note("an upload cannot be taken back just now; it is tried again", path: upload.id, reason: StoreLog.text(error), level: .warning)
            uploads.queue.putOff(upload.id)
        }
    }

    // MARK: Rights

    /// Of whoever asked for it, by now: a contract may have ended since, or been given other rights.
    private func principal() throws -> Principal {
        if upload.revert.isByAdministrator { return .admin }
        do { return try uploads.principal(of: upload) } catch let fault as Fault { throw Forbidden(fault: fault) }
    }

    /// As a POST of what is stored, and a DELETE of what it takes the place of, would be looked at.
    private func check(_ plan: Plan, by principal: Principal) throws {
        guard principal.rows.includes(ClientID(String(decoding: plan.row.key.client, as: UTF8.self))) else {
            throw Forbidden(fault: Fault(.wrongClient, "the upload has receipts of other clients, and the contract writes for its own only by now"))
        }
        guard let allowed = principal.types else { return }
        var types = [plan.own.type]
        if let before = plan.before, !before.isRemoval { types.append(before.type) }
        for type in types where !allowed.contains(where: { $0.hasSameBytes(as: type) }) {
            throw Forbidden(fault: Fault(.typeNotAllowed, "the contract does not name the type of a document that the upload has changed, or of one that is to be had again"))
        }
    }

    /// What is taken back so far stays so, as the last step has noted it; who has the right may ask for the rest.
    ///
    /// A step that has stored nothing begins when that goes on: what says the same by then is somebody else's.
    private func end(_ forbidden: Forbidden) {
        let fault = forbidden.fault
        StoreLog.note("an upload is not taken back to its end", path: upload.id, reason: StoreLog.text(fault), level: .warning)
        do {
            guard var noted = try uploads.catalog.upload(upload.id), noted.revert.stage == .running else { return }
            noted.revert.stage = .none
            if !forbidden.isStepBegun { noted.revert.stepSequence = 0 }
            // Of a file that could not be read `problem` goes on saying why.
            if noted.state != .error { noted.problem = fault }
            _ = try uploads.catalog.change(noted, from: noted.state)
        } catch {
            StoreLog.note("its end could not be noted; it is tried again", path: upload.id, reason: StoreLog.text(error), level: .warning)
            uploads.queue.putOff(upload.id)
        }
    }

    // MARK: The upload's rows

    /// A row that the upload has stored.
    private struct Row {
        let sequence: Int64
        let key: VersionKey
    }

    /// The next rows by their sequences.
    ///
    /// Sorted, and cut at the lowest 20,000 over all tables: the position that a step commits has no row of the upload behind it that was not looked at.
    private func window() throws -> [Row] {
        var rows: [Row] = []
        let after = max(upload.revert.position, upload.firstSequence)
        // What a stop or a crash has left uncounted, of one that an earlier version ended before its next try, lies in tables that the upload does not name.
        for name in uploads.intake.tier.tables.tables.sorted() where upload.tables.contains(name) || TableName.kind(of: name).numbersVersions {
            let table = table(name)
            guard table.schema.index(of: VersionColumns.upload.name) != nil else { continue }
            let bounds = ColumnFilter.Test.range(lower: .init(.integer(after), isInclusive: false), upper: nil)
            let request = ScanRequest(
                projection: ["sequence", "client_id", "receipt_id"],
                filters: [ColumnFilter("sequence", bounds), ColumnFilter(ColumnPath(VersionColumns.upload.name), .equal(.string(upload.id)))])
            let scan = try table.scan(request)
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() {
                    for row in 0..<batch.rowCount {
                        guard case .integer(let sequence) = batch.columns[0].value(at: row), case .bytes(let client) = batch.columns[1].value(at: row),
                            case .bytes(let receipt) = batch.columns[2].value(at: row)
                        else { continue }
                        rows.append(Row(sequence: sequence, key: VersionKey(table: name, client: client, receipt: receipt)))
                    }
                    // The lowest are wanted, and no more are held than twice as many.
                    if rows.count >= 2 * Self.windowCount { rows = Self.lowest(rows) }
                }
            }
        }
        return Self.lowest(rows)
    }

    private static func lowest(_ rows: [Row]) -> [Row] { Array(rows.sorted { $0.sequence < $1.sequence }.prefix(windowCount)) }

    private func table(_ name: String) -> TieredTable {
        TieredTable(name: name, boundary: uploads.intake.tier.boundary, tables: uploads.intake.tier.tables, snapshot: uploads.intake.tier.boundary.snapshot())
    }

    // MARK: Steps

    /// What is to be done for one identity.
    private struct Plan {
        let row: Row
        /// The upload's own version.
        let own: VersionEntry
        /// The one to be had again; nil or a removal for none.
        let before: VersionEntry?
        /// When a try that was cut off has stored it.
        var storedAt: Int64?
        var isRemoval: Bool { before?.isRemoval ?? true }
        var content: [UInt8] { before.flatMap { $0.isRemoval ? nil : $0.content } ?? VersionColumns.removalHash }
    }

    private func step(_ rows: [Row]) throws {
        var plans: [Plan] = []
        for row in rows {
            let versions = try uploads.intake.tier.versions.versions(row.key)
            // A version that failed has changed nothing.
            guard let own = versions.first(where: { $0.sequence == row.sequence }), own.state != .failed else { continue }
            let before = versions.first { $0.version < own.version && $0.state != .failed }
            var plan = Plan(row: row, own: own, before: before)
            let later = versions.filter { $0.version > own.version && $0.state != .failed }
            if later.isEmpty {
                plans.append(plan)
            } else if later.count == 1, isOwn(later[0], plan) {
                // By a try that was cut off before its position was noted.
                plan.storedAt = later[0].receivedAt
                plans.append(plan)
            } else {
                upload.revert.left += 1
            }
        }
        do {
            let principal = try principal()
            for plan in plans where plan.storedAt == nil { try check(plan, by: principal) }
        } catch let forbidden as Forbidden {
            throw Forbidden(fault: forbidden.fault, isStepBegun: plans.contains { $0.storedAt != nil })
        }
        // What of a step is stored when it is cut off is known by the next try.
        var (doneCount, count) = (0, plans.count)
        while doneCount < plans.count {
            let some = Array(plans[doneCount..<min(plans.count, doneCount.addingSaturating(count))])
            guard let read = try documents(of: some) else {
                count = max(1, some.count / 2)
                continue
            }
            let made = try some.map { (plan: $0, row: try row($0, read)) }
            for (plan, row) in made {
                guard let storedAt = plan.storedAt else { continue }
                upload.revert.reverted += 1
                takeOff(row, of: plan, storedAt)
            }
            try store(made.filter { $0.plan.storedAt == nil })
            doneCount += some.count
        }
        upload.revert.position = rows.last?.sequence ?? upload.revert.position
        upload.revert.stepSequence = uploads.sequence
        guard try uploads.catalog.change(upload, from: upload.state, usage: usage) else { throw Stopped() }
        usage = [:]
        uploads.queue.noteProgress(upload.id)
    }

    /// A row counts as a receipt of the day that it came on, wherever it is from.
    private func takeOff(_ row: HotRow, of plan: Plan, _ receivedAt: Int64) {
        guard row.documentByteCount > 0 else { return }
        var figures = UsageFigures()
        (figures.receipts, figures.bytes) = (-1, -Int64(row.documentByteCount))
        let key = UsageKey(client: ClientID(String(decoding: plan.row.key.client, as: UTF8.self)), day: Int32(clamping: receivedAt / Clock.microsecondsPerDay))
        usage[key, default: UsageFigures()].add(figures)
    }

    /// Came after the step began, and says what the step would say.
    private func isOwn(_ later: VersionEntry, _ plan: Plan) -> Bool {
        later.sequence > upload.revert.stepSequence && later.isRemoval == plan.isRemoval && later.content == plan.content
    }

    /// Stores rows in a turn of the upload's owner. What the store cannot take now is given to it again until it does or the store closes; a row that lost
    /// the race for being the newest counts as left.
    private func store(_ all: [(plan: Plan, row: HotRow)]) throws {
        var left = all
        var pause = Self.pauses
        while !left.isEmpty {
            let answer = Monitor<Submission.Answer?>(nil)
            uploads.queue.beginTurn(of: upload.owner)
            intake.submit(left.map(\.row), isAtomic: false) { outcome in answer.broadcast { $0 = outcome } }
            let outcome = answer.wait { $0 }
            uploads.queue.endTurn()
            var again: [(plan: Plan, row: HotRow)] = []
            for (index, entry) in left.enumerated() {
                switch Self.fault(outcome, index) {
                case nil:
                    upload.revert.reverted += 1
                    if case .done(let outcomes) = outcome, case .stored(let receipt) = outcomes[index] { takeOff(entry.row, of: entry.plan, receipt.receivedAt) }
                case .some(let fault) where fault.isForLater: again.append(entry)
                case .some(let fault) where fault.code == .differentDocument: upload.revert.left += 1
                case .some(let fault): throw fault
                }
            }
            if !again.isEmpty { uploads.queue.pause(upload.id, seconds: pause.next()) }
            if uploads.queue.isStopped, !again.isEmpty { throw Stopped() }
            left = again
        }
    }

    private static func fault(_ answer: Submission.Answer, _ index: Int) -> Fault? {
        switch answer {
        case .refused(let fault): return fault
        case .conflicts: return Intake.differentDocument
        case .done(let outcomes):
            guard index < outcomes.count else { return Fault(.internalError, "rows and their outcomes are not as many") }
            if case .refused(let fault) = outcomes[index] { return fault }
            return nil
        }
    }

    // MARK: Rows as they were

    /// The columns of the versions to be had again, by their sequences.
    ///
    /// One scan for each table, by day and sequence: a look at each version by itself would open a file for each.
    ///
    /// - Returns: nil where they are too long together: fewer are read then.
    private func documents(of plans: [Plan]) throws -> [Int64: (schema: Schema, values: [Value])]? {
        var found: [Int64: (schema: Schema, values: [Value])] = [:]
        var byteCount = 0
        let wanted = plans.filter { !$0.isRemoval }
        for (name, own) in Dictionary(grouping: wanted, by: \.row.key.table) {
            let entries = own.compactMap(\.before)
            let table = table(name)
            let sequences = entries.map(\.sequence)
            let bounds = ColumnFilter.Test.range(
                lower: .init(.integer(sequences.min() ?? 0), isInclusive: true), upper: .init(.integer(sequences.max() ?? 0), isInclusive: true))
            let fields = table.schema.fields.filter { !["history", "document_sha256"].contains($0.name) }
            let place = fields.firstIndex { $0.name == "sequence" } ?? 0
            let request = ScanRequest(
                projection: fields.map { ColumnPath($0.name) },
                filters: [
                    ColumnFilter("business_day", .oneOf(Set(entries.map(\.businessDay)).sorted().map { .integer(Int64($0)) })), ColumnFilter("sequence", bounds),
                    ColumnFilter("sequence", .oneOf(sequences.map { .integer($0) })),
                ])
            let scan = try table.scan(request)
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() {
                    for row in 0..<batch.rowCount {
                        let values = batch.columns.map { $0.value(at: row) }
                        if case .integer(let sequence) = values[place] { found[sequence] = (Schema(fields), values) }
                        byteCount = values.reduce(byteCount) { $0.addingSaturating($1.flatByteCount) }
                        if byteCount > Self.readByteCountMax, plans.count > 1 { return nil }
                    }
                }
            }
        }
        return found
    }

    /// The version to be stored. It follows the upload's own, which the writer checks: where a version came in between, it is refused.
    private func row(_ plan: Plan, _ documents: [Int64: (schema: Schema, values: [Value])]) throws -> HotRow {
        guard let before = plan.before, !before.isRemoval else {
            var row = Intake.removal(of: plan.own, plan.row.key, now: uploads.clock.now())
            row.follow(plan.own.sequence)
            return row
        }
        guard let found = documents[before.sequence], let type = try uploads.type(before.type, version: before.typeVersion) else {
            throw Fault(.internalError, "version \(before.version) of an identity of the upload \(upload.id) cannot be read")
        }
        func value(_ name: String) -> Value { found.schema.index(of: name).map { found.values[$0] } ?? .null }
        guard case .bytes(let document) = value("document"), case .integer(let issuedAt) = value("issued_at"), case .integer(let day) = value("business_day"),
            case .bytes(let contentType) = value("content_type")
        else { throw Fault(.internalError, "version \(before.version) of an identity of the upload \(upload.id) has no document") }
        let values = type.layout.fields.map { field in
            found.schema.index(of: field.name).map { Self.narrowed(found.values[$0], found.schema.fields[$0].type, to: field.type) } ?? .null
        }
        let process = try intake.process(stages: type.register, client: plan.row.key.client, callbackURL: nil, trace: nil)
        let (stored, coding) = try uploads.intake.tier.dictionaries.compress(document, type: type.name)
        var version = RowVersion(content: before.content)
        version.follows = plan.own.sequence
        return HotRow(
            kind: uploads.intake.formats.format(type, contentType: String(decoding: contentType, as: UTF8.self)), client: plan.row.key.client, receipt: plan.row.key.receipt,
            businessDay: Int32(clamping: day), issuedAt: issuedAt,
            values: VersionColumns.row(type.layout.row(of: values), count: type.layout.fields.count, after: type.tableKind.broughtColumns, upload: nil), sha256: SHA256.hash(document),
            storedDocument: stored, documentByteCount: document.count, coding: coding, state: type.register.isEmpty ? .complete : .processing, process: process,
            version: version)
    }

    /// A list with the members that its type had.
    private static func narrowed(_ value: Value, _ type: ColumnType, to wanted: ColumnType) -> Value {
        guard case .list(let elements) = value, case .list(let element) = type, case .structure(let members) = element.type, case .list(let wantedElement) = wanted,
            case .structure(let wantedMembers) = wantedElement.type
        else { return value }
        let places = wantedMembers.map { member in members.firstIndex { $0.name == member.name } }
        return .list(elements.map { element in
            guard case .structure(let values) = element else { return element }
            return .structure(places.map { place in place.map { values[$0] } ?? .null })
        })
    }
}
