import ColumnStore
import Documents
import Query

/// Documents that change: one of them, its versions, its removal.
extension StoreReader {
    /// The newest version of a document, or the one of an instant.
    ///
    /// - Returns: choices where several clients have a document of that id, and the principal sees them.
    /// - Throws: not-found, also for a document that was removed.
    func newestVersion(
        _ lookup: ReceiptLookup, _ rows: RowScope, _ snapshot: TierBoundary.Snapshot, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> ReceiptLookupResult {
        try PageMemory.asking(hold) { memory in try newestVersion(lookup, rows, snapshot, as: principal, memory) }
    }

    private func newestVersion(
        _ lookup: ReceiptLookup, _ rows: RowScope, _ snapshot: TierBoundary.Snapshot, as principal: Principal, _ memory: PageMemory
    ) throws -> ReceiptLookupResult {
        let absent = Fault.absent(.receipt(lookup.receiptID))
        let table = try shownTable(lookup.table, snapshot, asOf: lookup.asOf, as: principal, page: memory)
        var filters = [ColumnFilter("receipt_id", .equal(.string(lookup.receiptID)))]
        if let day = lookup.day { filters.append(ColumnFilter("business_day", .equal(.integer(Int64(day))))) }
        if lookup.asOf == nil, case .client(let client) = rows {
            // The index says where it is, so that one file is looked at.
            let key = VersionKey(table: tables.storedName(ofShown: lookup.table) ?? lookup.table, client: client.bytes, receipt: Array(lookup.receiptID.utf8))
            guard let newest = try present(key, snapshot), !newest.isRemoval else { throw absent }
            filters += Self.places([newest])
        }
        let scope = Self.scope(of: rows, sequence: snapshot.sequence)
        if case .client = rows {} else {
            // Whose it is first: an id may be that of every client, and rows have their documents. One client has one.
            let holders = try holders(of: lookup.receiptID, try table.scan(ScanRequest(projection: ["client_id", "business_day"], scope: scope, filters: filters)))
            guard let holder = holders.best?.row else { throw absent }
            guard holders.count == 1 else { return .choices(holders.all.sorted { $0.clientID.utf8.lexicographicallyPrecedes($1.clientID.utf8) }) }
            filters += [ColumnFilter("client_id", .equal(.bytes(holder.client))), ColumnFilter("business_day", .equal(.integer(Int64(holder.businessDay))))]
        }
        let request = ScanRequest(projection: table.schema.fields.map { ColumnPath($0.name) }, scope: scope, filters: filters)
        guard let row = try Self.firstRow(of: table, request, memory.hold) else { throw absent }
        try memory.hold(row.rowsByteCount)
        return .found(schema: table.schema, row: row)
    }

    /// The first row of a scan, which has one, or several of which any will do. It may have a document as long as any.
    ///
    /// - Parameter hold: asked for what reading it takes, before it is taken.
    static func firstRow(of table: any TableSource, _ request: ScanRequest, _ hold: (_ byteCount: Int) throws -> Void) throws -> ColumnBatch? {
        try ReadingRoom.asking(hold) { room in
            var request = request
            request.room = room
            let scan = try table.scan(request)
            while let morsel = try scan.nextMorsel() {
                if let batch = try morsel.next() { return batch.rowCount == 1 ? batch : batch.slice(0..<1) }
            }
            return nil
        }
    }

    /// Client and business day of the rows of a scan of these two.
    ///
    /// - Throws: too-large for more than an answer lists.
    private func holders(of id: String, _ scan: any TableScan) throws -> ReceiptChoices<Void> {
        let countMax = choiceCountMax
        let parts = try ParallelScan.run(scan) { _ in
            ReceiptChoices<Void>(of: id, countMax: countMax)
        } each: { holders, batch in
            for row in 0..<batch.rowCount {
                guard case .bytes(let client) = batch.columns[0].value(at: row), case .integer(let day) = batch.columns[1].value(at: row) else { continue }
                try holders.add((), IdentifiedRow(client: client, businessDay: Int32(clamping: day), state: .complete, sequence: 0))
            }
        }
        var all = ReceiptChoices<Void>(of: id, countMax: countMax)
        for part in parts { try all.add(part) }
        return all
    }

    /// The newest version that is not FAILED, of those that a snapshot has, in its states.
    ///
    /// The index says how versions are now; what has changed since is asked for after it, so that all that it knows of is found.
    private func present(_ key: VersionKey, _ snapshot: TierBoundary.Snapshot) throws -> VersionEntry? {
        var entry = try index.nearest(key, below: .max, .present)
        while let known = entry, known.sequence > snapshot.sequence { entry = try index.nearest(key, below: known.version, .present) }
        if snapshot.states.isLast { return entry }
        // One by one: a version that has FAILED since may have been the newest, and one that had FAILED may be taken up again.
        var (bound, limit) = (Int32.max, Self.versionCountMin)
        while true {
            let entries = try index.versions(key, below: bound, limit: limit)
            let earlier = try snapshot.states.rows(withSequences: Set(entries.map(\.sequence)))
            for entry in entries where entry.sequence <= snapshot.sequence && (earlier[entry.sequence]?.state ?? entry.state) != .failed { return entry }
            guard entries.count == limit, let last = entries.last else { return nil }
            (bound, limit) = (last.version, min(limit.multipliedSaturating(by: 2), Self.versionCountMax))
        }
    }

    /// What leads a scan to the rows of some versions.
    ///
    /// The day leads to files, the bounds of sequences to row groups and pages, the list to the rows.
    private static func places(_ entries: [VersionEntry]) -> [ColumnFilter] {
        let sequences = entries.map(\.sequence)
        let bounds = ColumnFilter.Test.range(
            lower: .init(.integer(sequences.min() ?? 0), isInclusive: true), upper: .init(.integer(sequences.max() ?? 0), isInclusive: true))
        return [
            ColumnFilter("business_day", .oneOf(Set(entries.map(\.businessDay)).sorted().map { .integer(Int64($0)) })),
            ColumnFilter("sequence", bounds), ColumnFilter("sequence", .oneOf(sequences.map { .integer($0) })),
        ]
    }

    // MARK: Versions

    /// Newest first, each with what it changed against the one before it: at most `limit`, and fewer where they are long.
    ///
    /// - Parameter hold: asked for the bytes that the page takes with its text, before it takes them.
    func versions(
        _ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> VersionLookupResult {
        guard (1...1_000).contains(limit) else {
            throw Fault(.badParameter, "limit is 1 to 1,000", errors: [.init(pointer: "/limit", code: "out-of-range", message: "1 to 1,000")])
        }
        let rows = try rows(of: lookup.client, for: principal)
        let snapshot = boundary.snapshot()
        try checkVersioned(lookup.table)
        let key: VersionKey
        switch try owner(lookup, rows, snapshot) {
        case .one(let found): key = found
        case .several(let clients): return .choices(clients)
        }
        let binding = ["versions", key.table, String(decoding: key.client, as: UTF8.self), lookup.receiptID] + principal.binding
        var below = Int32.max
        if let cursor {
            guard let parts = cursors.decode(cursor, binding: binding), parts.count == 1, let version = PageKey.integer(parts[0]) else {
                throw Fault(.badCursor, "this is no cursor of this call with these parameters and this key")
            }
            below = Int32(clamping: version)
        }
        // One more than are shown, and those that came since.
        let room = limit + 1
        var all = try index.versions(key, below: below, limit: room)
        // Versions that came after the snapshot stand first: what is asked for begins below them.
        while let first = all.first, first.sequence > snapshot.sequence { all = try index.versions(key, below: first.version, limit: room) }
        guard !all.isEmpty || cursor != nil else { throw Fault.absent(.receipt(lookup.receiptID)) }
        let shown = try described(Array(all.prefix(limit)), before: all.dropFirst(limit).first, key, rows, snapshot, as: principal, hold: hold)
        var page = VersionPage(versions: shown, nextCursor: nil)
        if all.count > shown.count, let last = shown.last { page.nextCursor = cursors.encode([PageKey.bytes(Int64(last.version))], binding: binding) }
        return .found(page)
    }

    enum Owner {
        case one(VersionKey)
        case several([String])
    }

    /// Whose document is meant.
    ///
    /// - Throws: not-found where nobody has one of that id, too-large where more clients have one than an answer lists.
    /// - Complexity: O(1) for one client; else a look for the id in all files.
    func owner(_ lookup: ReceiptLookup, _ rows: RowScope, _ snapshot: TierBoundary.Snapshot) throws -> Owner {
        let table = tables.storedName(ofShown: lookup.table) ?? lookup.table
        let id = Array(lookup.receiptID.utf8)
        if case .client(let client) = rows { return .one(VersionKey(table: table, client: client.bytes, receipt: id)) }
        let request = ScanRequest(
            projection: ["client_id"], scope: Self.scope(of: rows, sequence: snapshot.sequence), filters: [ColumnFilter("receipt_id", .equal(.bytes(id)))])
        // Whatever days its versions have.
        var choices = ReceiptChoices<Void>(of: lookup.receiptID, countMax: choiceCountMax, hasDays: false)
        let scan = try history(of: lookup.table, snapshot).scan(request)
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() {
                for row in 0..<batch.rowCount {
                    guard case .bytes(let client) = batch.columns[0].value(at: row) else { continue }
                    try choices.add((), IdentifiedRow(client: client, businessDay: 0, state: .complete, sequence: 0))
                }
            }
        }
        guard let first = choices.best?.row.client else { throw Fault.absent(.receipt(lookup.receiptID)) }
        return choices.count == 1 ? .one(VersionKey(table: table, client: first, receipt: id)) : .several(choices.all.map(\.clientID))
    }

    /// - Throws: immutable-table for one that keeps no versions, not-found for none at all, bad-parameter for a view's name.
    func checkVersioned(_ table: String) throws {
        let kind = tables.kind(ofShown: table)
        if let kind, !kind.isImmutable { return }
        try checkIsOwnName(table)
        guard let kind else { throw Fault.absent(.table(table)) }
        throw Fault(.immutableTable, "the table \(table) \(kind.statement): what it has stays as it is, and has no versions")
    }

    /// A page ends once the columns of its versions have so many bytes: each version's may have as many as a document.
    private static let versionsByteCountMax = 8 << 20
    /// And once its text may have so many: a value stands in it on both sides of a change, and one of control characters is six times as long there.
    private static let versionsTextByteCountMax = 16 << 20
    /// What each byte of columns takes: as read, and on both sides of a change. The text is reckoned by itself.
    private static let heldByteCountPerByte = 3
    /// About what the columns of a page of long versions take: no more is asked for them, since they must come at some time.
    private static let heldByteCountMax = 32 << 20
    /// Asked for at a time; the first before anything is read.
    private static let heldStepByteCount = 256 << 10
    /// Versions that are read together at first; twice as many each time that they were short.
    private static let versionCountMin = 8
    /// Entries of the index are short.
    private static let versionCountMax = 1_024

    /// - Parameters:
    ///   - entries: newest first.
    ///   - before: the version before the last of them.
    /// - Returns: of the first of them, one at least where there are any.
    private func described(
        _ entries: [VersionEntry], before: VersionEntry?, _ key: VersionKey, _ rows: RowScope, _ snapshot: TierBoundary.Snapshot,
        as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> [DocumentVersion] {
        let wanted = entries + [before].compactMap { $0 }
        if wanted.isEmpty { return [] }
        // That a sensitive value changed may be seen: it is compared as it is, and told without it.
        let table = try shownTable(key.table, snapshot, as: .admin)
        let mask = hidden(from: principal).flatMap { TableMask($0, table: key.table) }
        let fields = table.schema.fields.filter { !StandardColumns.names.contains($0.name) || ["sequence", "state"].contains($0.name) }
        let place = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
        // Of the versions that are found so far, and of the longest of them: its text is made of those of its values, which are there beside it.
        var (textByteCount, longestByteCount) = (0, 0)
        func charge(_ byteCount: Int) throws {
            let held = min(byteCount.multipliedSaturating(by: Self.heldByteCountPerByte), Self.heldByteCountMax)
            try hold(held.addingSaturating(textByteCount).addingSaturating(longestByteCount))
        }
        /// Nil where they are too long together: fewer are read then, two at least.
        func columns(of versions: [VersionEntry], beside before: Int) throws -> (bySequence: [Int64: [Value]], byteCount: Int)? {
            let request = ScanRequest(
                projection: fields.map { ColumnPath($0.name) }, scope: Self.scope(of: rows, sequence: snapshot.sequence),
                filters: [ColumnFilter("receipt_id", .equal(.bytes(key.receipt)))] + Self.places(versions))
            var (bySequence, byteCount, held) = ([Int64: [Value]](), 0, Self.heldStepByteCount)
            try charge(before.addingSaturating(held))
            let scan = try table.scan(request)
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() {
                    for row in 0..<batch.rowCount {
                        let values = batch.columns.map { $0.value(at: row) }
                        if let index = place["sequence"], case .integer(let sequence) = values[index] { bySequence[sequence] = values }
                        byteCount = values.reduce(byteCount) { $0.addingSaturating($1.flatByteCount) }
                        if byteCount > Self.versionsByteCountMax, versions.count > 2 { return nil }
                        guard byteCount > held else { continue }
                        held = byteCount.addingSaturating(Self.heldStepByteCount)
                        try charge(before.addingSaturating(held))
                    }
                }
            }
            return (bySequence, byteCount)
        }
        func description(_ index: Int, _ bySequence: [Int64: [Value]]) throws -> DocumentVersion {
            let entry = entries[index]
            guard let values = bySequence[entry.sequence] else { throw Fault(.internalError, "version \(entry.version) is gone") }
            func value(_ name: String) -> Value { place[name].map { values[$0] } ?? .null }
            let earlier = index + 1 < wanted.count ? bySequence[wanted[index + 1].sequence] : nil
            var validTo: Int64?
            if case .integer(let at) = value(VersionColumns.validTo.name) { validTo = at }
            var upload: String?
            if case .bytes(let id) = value(VersionColumns.upload.name) { upload = String(decoding: id, as: UTF8.self) }
            var state = entry.state
            if case .bytes(let text) = value("state"), let known = ReceiptState(rawValue: String(decoding: text, as: UTF8.self)) { state = known }
            return DocumentVersion(
                version: entry.version, ticketID: entry.ticket.description, receivedAt: entry.receivedAt, validTo: validTo, isRemoved: entry.isRemoval,
                uploadID: upload, state: state,
                changes: earlier.map { earlier in
                    ChangedColumns.of(fields).compactMap { column in
                        let (from, to) = (earlier[column], values[column])
                        // An absent list is no other than an empty one; where one of them is a change they are told apart, as rows tell them.
                        if ChangedColumns.normal(from) == ChangedColumns.normal(to) { return nil }
                        func shown(_ value: Value) -> Value { mask?.masked(value, fields[column]) ?? value }
                        return DocumentVersion.Change(field: fields[column], from: shown(from), to: shown(to))
                    }
                } ?? [])
        }
        var found: [DocumentVersion] = []
        var (byteCount, count) = (0, Self.versionCountMin)
        while found.count < entries.count, byteCount < Self.versionsByteCountMax {
            let (start, end) = (found.count, min(found.count + count, entries.count))
            // With the one before the last of them, which says what that changed.
            guard let read = try columns(of: Array(wanted[start..<min(end + 1, wanted.count)]), beside: byteCount) else {
                // Short ones lie before long ones.
                count = max(1, count / 2)
                continue
            }
            byteCount = byteCount.addingSaturating(read.byteCount)
            for index in start..<end {
                let version = try description(index, read.bySequence)
                let text = version.textByteCountMax
                // One at least: what does not go in with it is the next page's.
                if !found.isEmpty, textByteCount.addingSaturating(text) > Self.versionsTextByteCountMax { return found }
                (textByteCount, longestByteCount) = (textByteCount.addingSaturating(text), max(longestByteCount, text))
                try charge(byteCount)
                found.append(version)
            }
            if read.byteCount < Self.versionsByteCountMax / 8 { count *= 2 }
        }
        return found
    }
}
