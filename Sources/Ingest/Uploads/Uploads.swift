package import ColumnStore
import Documents
import Glibc
import Query
import Synchronization

/// Files of records that clients send whole: what was announced, the files, what works on them, and what became of each record.
///
/// The catalog says how each stands (`Catalog+Uploads`), `DATA/uploads/<id>` is its file. Read `UploadRunner` for how one is read.
///
/// States: NEW (announced, the link is good for an hour) → PROCESSING (the file is here and durable) → PROCESSED, ERROR or CANCELLED → REVERTED. Every step
/// is one conditional change of the catalog's row, so that of two who take it at once one does.
///
/// Lock order: the queue's monitor is never held while the catalog is asked.
package final class Uploads: Sendable {
    package struct Options: Sendable {
        /// Of a file, as it is sent and once it is decoded.
        package var byteCountMax = 5 << 30
        /// Files are kept for so many days from their announcement.
        package var fileDays = 7
        /// An upload can be taken back for so many days from its end.
        package var revertDays = 7
        package init() {}
    }

    let options: Options
    let catalog: Catalog
    let intake: IntakeParts
    let queue = UploadQueue()
    /// Looks up what is stored of rows that are on their way to the writer.
    let rowsThread = JobThread(name: "upload-rows")
    let notices: NoticeSender
    private let events: any EventPublishing
    /// An upload as the API says it.
    private let describe = Mutex<(@Sendable (Upload) -> [UInt8])?>(nil)
    /// Versions that are not in force any more, by name and number, kept once they were read: a taking back asks for them row by row.
    private let formerTypes = Mutex<[String: [Int32: DocumentType]]>([:])
    /// Uploads that were announced before have no feedback any more.
    private let feedbackPlace = Mutex(Int64.min)
    /// Names in the folder of files that an earlier process has left.
    private let areNamesDurable = Atomic<Bool>(false)
    private let directory: DataDirectory
    private let lost: LostAndFound
    private let minFreeBytes: Int64
    let clock: Clock
    /// Of one owner: announced and not ended.
    static let openCountMax: Int64 = 10_000
    /// From the announcement.
    private static let feedbackDays: Int64 = 90
    private static let day: Int64 = 86_400_000_000
    /// How long a call waits for a chunk that is with the writer.
    private static let endSeconds = 10.0
    /// How long a file may be put.
    private static let linkMicroseconds: Int64 = 3_600_000_000

    /// - Parameters:
    ///   - lost: where files go that no upload leads to.
    ///   - usage: told of webhooks that were delivered.
    ///   - events: told of files that were read.
    init(
        _ options: Options, directory: DataDirectory, lost: LostAndFound, catalog: Catalog, intake: IntakeParts, usage: UsageMeter, minFreeBytes: Int64,
        events: any EventPublishing
    ) {
        (self.options, self.directory, self.lost, self.catalog, self.intake) = (options, directory, lost, catalog, intake)
        (self.minFreeBytes, clock, self.events) = (minFreeBytes, intake.clock, events)
        notices = NoticeSender(catalog: catalog, usage: usage, clock: intake.clock, events: events)
    }

    // MARK: Life

    /// Begins to read files, with what an earlier run left.
    ///
    /// - Parameter describe: an upload as the API says it, for webhooks.
    package func start(describe: @escaping @Sendable (Upload) -> [UInt8]) {
        self.describe.withLock { $0 = describe }
        rowsThread.start()
        queue.start(look: { [self] in
            try sweep()
            return try catalog.workingUploads()
        }, process: { [self] upload in process(upload) })
    }

    /// Ends what works, between two chunks.
    func stop() {
        queue.stop()
        rowsThread.stop()
        notices.stop()
    }

    private func process(_ upload: Upload) {
        // As it stands by now.
        guard let upload = try? catalog.upload(upload.id) else { return }
        if upload.state == .processing { UploadRunner(self, upload).run() } else if upload.revert.stage == .running { UploadReverter(self, upload).run() }
    }

    /// The notices of its end: for the webhook of the contract that made it, and for the topic `till`. Whose receipts it has is no matter: nobody else sees an upload.
    func notices(of upload: Upload) -> [Notice] {
        guard let event: Notice.Event = upload.state == .processed ? .uploadProcessed : upload.state == .error ? .uploadError : nil else { return [] }
        guard let describe = describe.withLock({ $0 }) else { return [] }
        let now = clock.now()
        let id = "\(upload.id)-\(upload.state.rawValue.lowercased())"
        var notices: [Notice] = []
        if let owner = upload.owner.client?.text, catalog.contract(owner)?.webhook != nil {
            notices.append(Notice(id: id, client: owner, event: event, at: now) { json in json.member("upload", raw: describe(upload)) })
        }
        if events.isHeard {
            // Whoever it is from is who a process is started for: they may read the upload, and others may not.
            let draft = EventDraft(
                id: "upload-\(id)", origin: upload.owner, type: event.rawValue, subject: "uploads/\(upload.id)", time: upload.endedAt ?? now, data: describe(upload))
            notices.append(Notice(draft, at: now))
        }
        return notices
    }

    /// An upload has come to its end.
    func ended(_ upload: Upload) {
        notices.wake()
        StoreLog.note(
            "an upload ended", path: upload.id,
            reason: "\(upload.state.rawValue): \(upload.counts.processed) records, \(upload.counts.rejected) of them rejected")
    }

    // MARK: Announcing

    package var byteCountMax: Int { options.byteCountMax }

    /// Notes what will come. Nothing is reserved for it on the disk.
    ///
    /// - Throws: `type-not-allowed`, `unknown-type`, `not-found`, `overloaded`.
    package func announce(_ announcement: UploadAnnouncement, id: String, as principal: Principal) throws -> Upload {
        guard principal.access == .readWrite else { throw Fault(.readOnly, "this key may read only; a contract with access read-write may upload") }
        if let type = announcement.type {
            if let allowed = principal.types, !allowed.contains(where: { $0.hasSameBytes(as: type) }) {
                throw Fault(.typeNotAllowed, "the contract does not name the type \(type)")
            }
            guard intake.types.registry.snapshot[type] != nil else { throw Fault(.unknownType, "there is no type \(type)", advice: .listTypes) }
        }
        if let client = announcement.client, intake.clientsNeedContract, catalog.contract(client) == nil { throw Fault(.notFound, "the client \(client) has no contract") }
        let now = clock.now()
        var upload = Upload(
            id: id, owner: principal.identity, client: announcement.client, name: announcement.name, type: announcement.type, contentType: announcement.contentType,
            byteCount: announcement.byteCount, sha256: announcement.sha256?.lowercased(), createdAt: now, expiresAt: now + Self.linkMicroseconds)
        upload.typesPlace = intake.types.place
        try catalog.add(upload, openCountMax: Self.openCountMax)
        return upload
    }

    // MARK: Seeing

    package func upload(_ id: String, as principal: Principal) throws -> Upload { try Self.known(catalog, id, as: principal) }

    static func known(_ catalog: Catalog, _ id: String, as principal: Principal) throws -> Upload {
        // Whoever made it and the administrator: a contract that reads all rows sees its own uploads only.
        guard let upload = try catalog.upload(id), principal.isAdmin || principal.identity != .nobody && principal.identity == upload.owner else {
            throw Fault.absent(.upload)
        }
        return upload
    }

    package func uploads(
        client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal
    ) throws -> [Upload] {
        try Self.listed(catalog, client: client, state: state, after: place, limit: limit, as: principal)
    }

    static func listed(
        _ catalog: Catalog, client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal
    ) throws -> [Upload] {
        let rows: RowScope =
            switch principal.identity {
            case .administrator: .all
            case .contract(let own): .client(own)
            case .nobody: .none
            }
        return try catalog.uploads(of: rows, client: client, state: state, after: place, limit: limit)
    }

    /// Feedback in the file's order, without what `principal` may not see.
    package func rejections(
        of upload: Upload, after record: Int64, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> RejectionPage {
        try Self.rejections(catalog, intake.types, of: upload, after: record, limit: limit, as: principal, hold: hold)
    }

    /// The same without a store that works, for a standby's copy of the catalog.
    static func rejections(
        _ catalog: Catalog, _ types: TypeStore, of upload: Upload, after record: Int64, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> RejectionPage {
        let found = try catalog.rejections(of: upload.id, after: record, limit: limit, hold: hold)
        let sensitive = types.sensitiveColumns
        if principal.seesSensitive || sensitive.isEmpty { return found }
        let type = upload.type.flatMap { types.isKnown($0) ? $0 : nil }
        // What was refused before quoted what it found, and its values stand under any name.
        if let start = sensitive.start(ofType: type), upload.typesPlace < start { return found.map(\.withoutValues) }
        let tables = type.map { upload.tables.map(TableName.shown) + [types.registry.snapshot[$0]?.table].compactMap { $0 } } ?? sensitive.tables
        let hidden = Set(tables.flatMap { sensitive.paths(of: $0) }.map { $0.names[0] })
        return found.map { $0.without(columns: hidden) }
    }

    // MARK: The file

    /// By its link alone; nil where it is gone.
    package func linked(_ id: String) throws -> Upload? { try catalog.upload(id) }

    /// Begins to take a file, or to go on with it.
    ///
    /// - Parameters:
    ///   - upload: as it was looked up by its link.
    ///   - start: where the next bytes go.
    ///   - isAnew: from 0, whatever is there; else behind all that is there.
    ///   - isKept: whether what comes stays though its call breaks; else only after `keep`.
    /// - Throws: `upload-closed` where it takes none, or somebody else puts it just now; `contract-not-valid` and `read-only` where its owner may upload nothing by now.
    package func receive(_ upload: Upload, from start: Int64, isAnew: Bool, isKept: Bool) throws -> UploadFile {
        try Self.checkOpen(upload)
        // A link is good for an hour, and its contract may end before: of a file that nobody may read not a byte is taken.
        _ = try principal(of: upload)
        guard queue.beginWriting(upload.id) else { throw Fault(.uploadClosed, "this file is being put by somebody else just now") }
        let id = upload.id
        do {
            // Looked at again: the one who put it may just have ended.
            if let now = try catalog.upload(id) { try Self.checkOpen(now) } else { throw Fault(.notFound, "the upload was deleted") }
            try DataDirectory.makeDirectories(directory.uploadsPath)
            // A process that was killed may have left names that are not durable, those of marks among them.
            if !isKept, !areNamesDurable.load(ordering: .acquiring) {
                try DataDirectory.synchronizeDirectory(directory.uploadsPath)
                areNamesDurable.store(true, ordering: .releasing)
            }
            guard start == 0 && isAnew || fileByteCount(id) == start else { throw Fault(.uploadMismatch, "\(fileByteCount(id)) bytes of the file are here") }
        } catch {
            queue.endWriting(id)
            throw error
        }
        let limit = min(Int64(options.byteCountMax), upload.byteCount ?? .max)
        return try UploadFile(upload, path: filePath(id), from: start, isKept: isKept, byteCountMax: limit, minFreeBytes: DiskRoom.leastForOthers(minFreeBytes)) { [queue] in queue.endWriting(id) }
    }

    private static func checkOpen(_ upload: Upload) throws {
        guard upload.state == .new else { throw Fault(.uploadClosed, "the upload is \(upload.state.rawValue): its file is here, or is wanted no more") }
    }

    /// Bytes of a file that are here, and count.
    package func fileByteCount(_ id: String) -> Int64 { UploadFile.byteCount(at: filePath(id)) }

    /// The file is here whole: it is read from now on.
    ///
    /// The order is: checked, durable, named to whoever copies the store's files, and only then PROCESSING.
    ///
    /// Of a pair it waits for the other machine, for as long as that takes the file. A caller whose threads are for other work does `UploadFile.check` there, and this elsewhere.
    ///
    /// - Parameter coding: of the bytes, where the call said one.
    /// - Throws: as `UploadFile.check`; `upload-closed` where it was ended meanwhile; `not-leader` and `storage-unavailable` where it could not be brought to the other machine: it stays as it is, and is not read.
    package func finish(_ file: UploadFile, coding: StreamCoding?) throws -> Upload {
        defer { file.end() }
        try file.check()
        var upload = file.upload
        (upload.state, upload.receivedByteCount, upload.coding) = (.processing, file.byteCount, coding?.rawValue)
        try catalog.naming.withLock { $0 }?([.upload(upload.id)])
        guard try catalog.change(upload, from: .new) else { throw Fault(.uploadClosed, "the upload was ended meanwhile") }
        queue.wake()
        return upload
    }

    // MARK: Ends

    /// Ends an upload that waits for its file, or is read. Of one that has ended the file goes, where it is still here: its row and its feedback stay.
    ///
    /// What it has stored stays, and can be taken back. Waits up to ten seconds for a chunk that is with the writer.
    package func cancel(_ id: String, as principal: Principal) throws {
        let seen = try upload(id, as: principal)
        guard seen.state == .new || seen.state == .processing else { return dropFile(of: seen) }
        // Whoever reads it counts what is stored first.
        queue.end(id, seconds: Self.endSeconds)
        guard var upload = try catalog.upload(id), upload.state == .new || upload.state == .processing else { return }
        let state = upload.state
        countLeft(of: &upload)
        (upload.state, upload.endedAt) = (.cancelled, clock.now())
        if try catalog.change(upload, from: state) { UploadIdentities.remove(identitiesPath(id)) }
    }

    /// Lets go of the file of an upload that has ended before its time is over. On another machine of a pair, and in the log's place, it stays until then.
    ///
    /// One that is being put, or brought to the other machine, stays as well: whoever does that has it. To take an upload back needs no file.
    private func dropFile(of upload: Upload) {
        guard access(filePath(upload.id), F_OK) == 0 else { return }
        // Whoever has read one that was cancelled may be at its last chunk.
        guard upload.revert.stage == .running || queue.waitWhileActive(upload.id, seconds: Self.endSeconds), queue.beginWriting(upload.id) else { return }
        defer { queue.endWriting(upload.id) }
        removeFile(upload.id, "the upload \(upload.id) has ended, and was deleted")
    }

    /// Begins to take back what an upload has changed, or goes on with it where it was ended for the rights of whoever asked; nothing where that was asked for before.
    ///
    /// - Throws: `wrong-client`, `type-not-allowed`, `immutable-table`, and `upload-closed` for one that is not at its end, or whose time is over.
    package func revert(_ id: String, as principal: Principal) throws -> Upload {
        let seen = try self.upload(id, as: principal)
        guard seen.revert.stage == .none else { return seen }
        // The rights of now, as of a POST. What the upload itself does not say is looked at row by row.
        if let client = seen.client, !principal.rows.includes(ClientID(client)) { throw Fault(.wrongClient, "this key writes for its own client only") }
        if let type = seen.type, let allowed = principal.types, !allowed.contains(where: { $0.hasSameBytes(as: type) }) {
            throw Fault(.typeNotAllowed, "the contract does not name the type \(type)")
        }
        guard seen.state != .new, seen.state != .processing else {
            throw Fault(.uploadClosed, "the upload is \(seen.state.rawValue): end it first, or wait for its end")
        }
        // Of one that was ended the last chunk may be with the writer yet: what is stored of it is counted first.
        guard queue.waitWhileActive(id, seconds: Self.endSeconds) else {
            throw Fault(.overloaded, "the last rows of the upload are being stored still: try again", advice: .sendAgainLater)
        }
        var upload = try self.upload(id, as: principal)
        guard upload.revert.stage == .none else { return upload }
        let type = upload.type.flatMap { intake.types.registry.snapshot[$0] }
        let tables = upload.tables.isEmpty ? type.map { [TableName.stored($0)] } ?? [] : upload.tables
        if let table = tables.first(where: { TableName.kind(of: $0).isImmutable }) {
            throw Fault(.immutableTable, "the table \(TableName.shown(table)) \(TableName.kind(of: table).statement): what it has stays as it is")
        }
        if let table = try ledgerOfLastChunk(of: upload) {
            throw Fault(.immutableTable, "the table \(TableName.shown(table)) \(TableName.kind(of: table).statement): what it has stays as it is")
        }
        let end = (upload.endedAt ?? upload.createdAt).addingSaturating(Int64(options.revertDays) * Self.day)
        guard clock.now() <= end else { throw Fault(.uploadClosed, "an upload can be taken back for \(options.revertDays) days: that time is over") }
        (upload.revert.stage, upload.revert.isByAdministrator) = (.running, principal.isAdmin)
        // Of one that goes on it is that of its last step where the step behind that has stored something: that is its own.
        if upload.revert.stepSequence == 0 { upload.revert.stepSequence = sequence }
        // Why it was not taken back to its end; of a file that cannot be read it is that.
        if upload.state != .error { upload.problem = nil }
        guard try catalog.change(upload, from: upload.state) else { throw Fault(.overloaded, "the upload was changed just now: try again") }
        queue.wake()
        return upload
    }

    // MARK: Places

    func filePath(_ id: String) -> String { "\(directory.uploadsPath)/\(id)" }
    func identitiesPath(_ id: String) -> String { "\(directory.uploadsPath)/\(id).ids" }

    /// Lets go of files and feedback whose time is over. Files that no upload leads to are put aside.
    func sweep() throws {
        let now = clock.now()
        try sweepFeedback(now: now)
        // What is noted as gone stays so where files are kept for longer by now.
        let oldest = max(now - Int64(options.fileDays) * Self.day, try catalog.uploadFilesGone() ?? .min)
        try removeFiles(now: now, oldest: oldest)
        // Once they are gone: no record brings one of them again. One that is being put stays, though its upload has ended, and may be on its way to another machine, which must not let go of it in the
        // middle.
        let held = try queue.written.compactMap { try catalog.upload($0)?.createdAt }.min() ?? .max
        try catalog.noteUploadFilesGone(before: min(oldest, held))
    }

    /// - Parameter oldest: of those that have ended, files stay of what was announced then, or later.
    private func removeFiles(now: Int64, oldest: Int64) throws {
        guard access(directory.uploadsPath, F_OK) == 0 else { return }
        for name in try DataDirectory.names(in: directory.uploadsPath) where !name.contains(".") && !queue.isWritten(name) {
            guard let upload = try catalog.upload(name) else {
                putAside(name)
                continue
            }
            let isWanted = upload.state == .processing || upload.state == .new && now < upload.expiresAt || upload.state != .new && upload.createdAt >= oldest
            if isWanted { continue }
            removeFile(name, "the time of the upload \(name) is over")
        }
    }

    /// With what lies beside it.
    private func removeFile(_ id: String, _ reason: String) {
        UploadIdentities.remove(identitiesPath(id))
        UploadFile.unmark(filePath(id))
        _ = FileRemoval.remove(filePath(id), .named(reason))
    }

    /// A file comes after its upload's row, and that stays for good: one without is of elsewhere, or of a catalog that knew more than this one.
    private func putAside(_ name: String) {
        var status = stat()
        // A file system may have directories of its own here.
        guard lstat(filePath(name), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        let reason = "no upload leads to it"
        do {
            // What lies beside it first: without the file nobody looks at that again.
            for suffix in [".ids", ".ids-wal", ".ids-shm", ".piece", ".piece.new", ""] { try lost.take(filePath(name) + suffix, reason: reason) }
        } catch {
            // Neither does it hold up others' files.
            StoreLog.note("a file that no upload leads to could not be put aside", path: filePath(name), reason: StoreLog.text(error), level: .warning)
        }
    }

    /// Uploads are kept for good, and their feedback is not: each is looked at once, as its time is over. A start looks at all.
    func sweepFeedback(now: Int64) throws {
        let (start, end) = (feedbackPlace.withLock { $0 }, now - Self.feedbackDays * Self.day)
        guard start < end else { return }
        try catalog.deleteRejections(from: start, before: end)
        try catalog.deleteDeadNotices(before: end)
        feedbackPlace.withLock { $0 = end }
    }

    // MARK: For the thread that works on one

    /// A version of a type, in force or not; nil where the store has it no more.
    func type(_ name: String, version: Int32) throws -> DocumentType? {
        if let present = intake.types.registry.snapshot[name], present.version == Int(version) { return present }
        if let known = formerTypes.withLock({ $0[name]?[version] }) { return known }
        guard let json = try catalog.typeFile(name: name, version: Int(version)) else { return nil }
        let type = try DocumentType(kept: json)
        formerTypes.withLock { $0[name, default: [:]][version] = type }
        return type
    }

    /// All that is committed by now has this number or an earlier one.
    var sequence: Int64 { intake.tier.boundary.snapshot().sequence }

    /// The rights that the upload's owner has by now.
    func principal(of upload: Upload) throws -> Principal {
        switch upload.owner {
        case .administrator: return .admin
        case .nobody: return .nobody
        case .contract(let client):
            let now = clock.now()
            guard let contract = catalog.contract(client.text), contract.invalidity(at: now) == nil else {
                throw Fault(.contractNotValid, "the contract is not valid any more")
            }
            let principal = contract.principal(at: now)
            guard principal.access == .readWrite else { throw Fault(.readOnly, "the contract reads only by now") }
            return principal
        }
    }

    /// Of a row that is refused, what its feedback leaves out.
    func sensitiveColumns(of kind: RowFormat) -> Set<String> {
        Set(intake.types.sensitiveColumns.paths(of: TableName.shown(kind.table)).map { $0.names[0] })
    }

    /// Whether records of a file may be documents of which it may have each once only.
    func mayComeOnce(_ type: String?) -> Bool {
        let snapshot = intake.types.registry.snapshot
        return type.map { snapshot[$0]?.tableKind.comesOnceACall ?? false } ?? snapshot.types.contains { $0.tableKind.comesOnceACall }
    }

    /// Rows that an upload has stored behind a sequence.
    ///
    /// - Complexity: O(rows behind `sequence`) of all tables that have uploads: files are left out by their bounds.
    func sequences(of upload: Upload, after sequence: Int64) throws -> Set<Int64> {
        var found: Set<Int64> = []
        try rows(of: upload, after: sequence) { _, number, _ in found.insert(number) }
        return found
    }

    /// Counts what a try has stored that was cut off before it was counted, for an upload that ends there: its records are not read again.
    ///
    /// Its end does not wait for a table that cannot be read: those rows stay uncounted then, and the log says so. To take them back needs no count.
    ///
    /// - Complexity: as `sequences(of:after:)`.
    func countLeft(of upload: inout Upload) {
        // Before its first chunk nothing is stored.
        guard upload.startedAt != nil else { return }
        var counted = upload
        counted.chunkSequence = sequence
        do {
            try rows(of: upload, after: upload.chunkSequence) { table, _, version in counted.noteStored(version: version, in: table) }
            upload = counted
        } catch {
            StoreLog.note("what an upload has stored of its last chunk could not be counted", path: upload.id, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// A table from which nothing is taken back and in which the upload has rows that its end could not count (`countLeft`); nil where there is none.
    ///
    /// - Throws: `overloaded` where that cannot be read just now.
    /// - Complexity: as `sequences(of:after:)`, of such tables alone.
    private func ledgerOfLastChunk(of upload: Upload) throws -> String? {
        guard upload.state != .processed, upload.startedAt != nil else { return nil }
        var ledger: String?
        do {
            try rows(of: upload, after: upload.chunkSequence, where: { TableName.kind(of: $0).isImmutable }) { table, _, _ in ledger = table }
        } catch {
            throw Fault(
                .overloaded, "whether the upload has stored something that stays cannot be read just now: try again", advice: .sendAgainLater, cause: StoreLog.text(error))
        }
        return ledger
    }

    /// - Parameters:
    ///   - isWanted: asked with each table's name, as it is stored.
    ///   - body: called for each row that the upload has stored behind a sequence, with its table, its own sequence, and its version's number; nil of a ledger's.
    private func rows(
        of upload: Upload, after sequence: Int64, where isWanted: (String) -> Bool = { _ in true }, _ body: (_ table: String, _ sequence: Int64, _ version: Int64?) -> Void
    ) throws {
        let snapshot = intake.tier.boundary.snapshot()
        for name in intake.tier.tables.tables where isWanted(name) {
            let table = TieredTable(name: name, boundary: intake.tier.boundary, tables: intake.tier.tables, snapshot: snapshot)
            guard table.schema.index(of: VersionColumns.upload.name) != nil else { continue }
            let bounds = ColumnFilter.Test.range(lower: .init(.integer(sequence), isInclusive: false), upper: nil)
            let numbersVersions = TableName.kind(of: name).numbersVersions
            let request = ScanRequest(
                projection: numbersVersions ? ["sequence", ColumnPath(VersionColumns.version.name)] : ["sequence"],
                filters: [ColumnFilter("sequence", bounds), ColumnFilter(ColumnPath(VersionColumns.upload.name), .equal(.string(upload.id)))])
            let scan = try table.scan(request)
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() {
                    for row in 0..<batch.rowCount {
                        guard case .integer(let number) = batch.columns[0].value(at: row) else { continue }
                        var version: Int64?
                        if numbersVersions, case .integer(let value) = batch.columns[1].value(at: row) { version = value }
                        body(name, number, version)
                    }
                }
            }
        }
    }
}
