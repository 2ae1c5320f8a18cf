import ColumnStore
import Documents

/// What a store tells of itself beside its rows: what was refused, what could not be sent, who did what, and its files.
///
/// Lists go by cursors that are bound to the call, the scope and the principal: no other call takes them.
extension StoreReader {
    // MARK: What was refused

    /// Newest first.
    ///
    /// - Parameter hold: asked for the bytes of the page so far before the next entry is read.
    /// - Throws: bad-cursor; wrong-client; not-found for a client that is not there.
    func quarantine(
        client: String?, received: ReceivedSpan, cursor: String?, limit: Int, withDocuments: Bool, as principal: Principal,
        hold: (_ byteCount: Int) throws -> Void
    ) throws -> (entries: [QuarantineEntry], nextCursor: String?) {
        // Auditors see what every client was refused, and why; never the bytes.
        let isAuditor = principal.role == .auditor
        let scope = isAuditor ? client.map { .client(ClientID($0)) } ?? .all : try rows(of: client, for: principal)
        let binding = ["quarantine"] + scope.binding + principal.binding + received.binding
        var below: ULID?
        if let cursor {
            guard let fields = cursors.decode(cursor, binding: binding), fields.count == 1, let ticket = ULID(bytes: fields[0]) else {
                throw Fault(.badCursor, "this is no cursor of this call with these parameters and this key")
            }
            below = ticket
        }
        let (entries, hasMore) = try quarantine.entries(of: scope, received: received, below: below, limit: limit, withDocuments: withDocuments && !isAuditor, hold: hold)
        if entries.isEmpty { try checkKnown(scope, principal) }
        let shown = entries.map { self.shown($0, to: principal) }
        guard hasMore else { return (shown, nil) }
        let last = entries.last.flatMap { ULID($0.ticketID) }
        return (shown, last.map { cursors.encode([$0.bytes], binding: binding) })
    }

    /// - Parameter hold: asked for the bytes of the entry before it is read, where the principal may see it.
    /// - Throws: not-found, also for an entry that the principal may not see.
    func quarantineEntry(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> QuarantineEntry {
        let isAuditor = principal.role == .auditor
        guard let ticket = ULID(ticketID),
            let entry = try quarantine.entry(ticket, withDocument: !isAuditor, isSeen: { isAuditor || principal.rows.includes($0) }, hold: hold)
        else {
            throw Fault.absent(.quarantineEntry(ticketID))
        }
        return shown(entry, to: principal)
    }

    // MARK: Dead letters

    /// Those of receipts in the order of their files: of files that went to cold they are in the catalog, the others in hot files. Behind them those of no receipt, by
    /// their ids.
    ///
    /// - Parameter hold: asked for what they take in all with their text, while they are read.
    func deadLetters(
        client: String?, cursor: String?, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (letters: [DeadLetter], nextCursor: String?) {
        let scope = try rows(of: client, for: principal)
        let binding = ["dead-letters"] + scope.binding + principal.binding
        var place: LetterPlace?
        if let cursor {
            guard let fields = cursors.decode(cursor, binding: binding), fields.count == 1, let read = LetterPlace(String(decoding: fields[0], as: UTF8.self)) else {
                throw Fault(.badCursor, "this is no cursor of this call with these parameters and this key")
            }
            place = read
        }
        var byteCount = 0
        func note(_ letter: DeadLetter) throws {
            byteCount = byteCount.addingSaturating(letter.byteCount)
            try hold(byteCount.multipliedSaturating(by: 2))
        }
        var found: [(place: LetterPlace, letter: DeadLetter)] = []
        if place?.noticeID == nil {
            found = try deadReceipts(after: place?.key, of: scope, limit: limit, note: note).map { (place: LetterPlace.receipt($0.key), letter: $0.letter) }
        }
        if found.count <= limit {
            let notices = try catalog.deadNotices(after: place?.noticeID ?? "", of: scope, limit: limit - found.count + 1, note: note)
            found.append(contentsOf: notices.map { (place: LetterPlace.notice($0.id), letter: $0) })
        }
        if found.isEmpty { try checkKnown(scope, principal) }
        let letters = shown(found.prefix(limit).map(\.letter), to: principal)
        guard found.count > limit, let last = found.prefix(limit).last else { return (letters, nil) }
        return (letters, cursors.encode([Array(last.place.text.utf8)], binding: binding))
    }

    /// Where a page of dead letters ends.
    private enum LetterPlace {
        case receipt(DeadLetterKey)
        case notice(String)

        /// No key of a letter begins so.
        private static let noticePrefix = "notice "

        init?(_ text: String) {
            if let key = DeadLetterKey(text) {
                self = .receipt(key)
            } else if text.hasPrefix(Self.noticePrefix) {
                self = .notice(String(text.dropFirst(Self.noticePrefix.count)))
            } else {
                return nil
            }
        }

        var text: String {
            switch self {
            case .receipt(let key): key.description
            case .notice(let id): "\(Self.noticePrefix)\(id)"
            }
        }

        var key: DeadLetterKey? { if case .receipt(let key) = self { key } else { nil } }
        var noticeID: String? { if case .notice(let id) = self { id } else { nil } }
    }

    /// In order, more than `limit` where there are more.
    private func deadReceipts(
        after: DeadLetterKey?, of scope: RowScope, limit: Int, note: (DeadLetter) throws -> Void
    ) throws -> [(key: DeadLetterKey, letter: DeadLetter)] {
        // The files first: what goes to the catalog meanwhile is in it by then, and still at hand here.
        // By their names, as the letters' keys have them: a file that a clock ahead has begun stands before those that came later.
        let files = boundary.snapshot().files.sorted { ($0.day, $0.part) < ($1.day, $1.part) }
        var found = try catalog.deadLetters(after: after, of: scope, limit: limit + 1, exceptOf: files, note: note)
        var keys = Set(found.map(\.key))
        var hotCount = 0
        for file in files where after.map({ (file.day, file.part) >= ($0.day, $0.part) }) ?? true {
            let own = try file.deadLetters(after: after, of: scope, limit: limit + 1, note: note)
            for letter in own where keys.insert(letter.key).inserted { found.append(letter) }
            hotCount += own.count
            if hotCount > limit { break }
        }
        found.sort { $0.key < $1.key }
        return found
    }

    /// Nil where there is none, or none that the principal may see.
    func deadLetter(_ id: String, as principal: Principal) throws -> DeadLetter? {
        guard let key = DeadLetterKey(id) else { return try catalog.deadNotice(id, of: principal.rows) }
        // The one before, which need not be there: what comes first after it is this or another.
        let before = DeadLetterKey(day: key.day, part: key.part, isStep: key.isStep, number: key.number - 1)
        let file = boundary.snapshot().files.first { ($0.day, $0.part) == (key.day, key.part) }
        let found = try file?.deadLetters(after: before, of: principal.rows, limit: 1) ?? catalog.deadLetters(after: before, of: principal.rows, limit: 1)
        guard let first = found.first, first.key == key else { return nil }
        return shown([first.letter], to: principal).first
    }

    /// A registrar's words may quote what is sensitive.
    private func shown(_ letters: [DeadLetter], to principal: Principal) -> [DeadLetter] {
        guard let sensitive = hidden(from: principal) else { return letters }
        return letters.map { letter in
            var letter = letter
            if let receipt = letter.receipt, sensitive.isSensitive(type: receipt.type) { letter.reason = Ticket.notShown }
            return letter
        }
    }

    // MARK: What was done, and where rows lie

    /// Newest first.
    func audit(cursor: String?, limit: Int, hold: (Int) throws -> Void) throws -> (entries: [AuditEntry], nextCursor: String?) {
        var below = Int64.max
        if let cursor {
            guard let fields = cursors.decode(cursor, binding: ["audit"]), fields.count == 1,
                let id = Int64(String(decoding: fields[0], as: UTF8.self))
            else { throw Fault(.badCursor, "this is no cursor of this call") }
            below = id
        }
        var (entries, isCut) = try catalog.audit(below: below, limit: limit + 1, hold: hold)
        if entries.count > limit {
            entries.removeLast(entries.count - limit)
            isCut = true
        }
        guard isCut else { return (entries, nil) }
        return (entries, entries.last.map { cursors.encode([Array(String($0.id).utf8)], binding: ["audit"]) })
    }

    /// - Parameter table: nil for hot files, which hold all tables.
    func files(of table: String?, as principal: Principal) throws -> [StoredFile] {
        let snapshot = boundary.snapshot()
        let contents = StoreContents(snapshot: snapshot)
        guard let table else { return contents.hotFiles() }
        let mask = hidden(from: principal).flatMap { TableMask($0, table: table) }
        let shown = shownTables(snapshot, as: principal)
        // Bounds of sums are values of the columns that they are made of.
        let isHidden = snapshot.rollups.values.contains { $0.definition.tableName == table && shown.isHidden($0) }
        return try contents.coldFiles(of: table) { !isHidden && !(mask?.touches(ColumnPath($0)) ?? false) }
    }
}
