import ColumnStore
import Documents

/// Uploads: what was announced, how far each is, and what was wrong with which record. A chunk's counts, feedback and position are one transaction.
extension Catalog {
    /// In the order that `upload(_:)` reads them by number.
    private static let uploadColumns = """
        id, owner_id, client_id, name, type, content_type, byte_count, sha256, created_at, expires_at, state, received_bytes, coding, started_at, ended_at,
        accepted, repeated, replaced, rejected, position, record_count, chunk_sequence, first_sequence, tables, problem, revert_stage, reverted, left_alone,
        revert_position, revert_sequence, types_place
        """
    /// Of one upload: what comes then is counted alone.
    static let rejectionCountMax: Int64 = 1_000_000
    /// Of one upload: what comes then is kept in brief. A million of the longest would be 48 GB of the catalog, and a file of no more than a few bytes a record may have them.
    static let wholeRejectionCountMax: Int64 = 10_000

    /// Notes an announcement. Links that nobody used in time do not count as open.
    ///
    /// - Throws: `overloaded` where its owner has too many that have not ended.
    func add(_ upload: Upload, openCountMax: Int64) throws {
        try write(isCounted: false) { connection in
            let count = try connection.statement("SELECT count(*) FROM uploads WHERE state IN ('NEW', 'PROCESSING') AND owner_id IS ?1 AND (state <> 'NEW' OR expires_at > ?2)")
            try count.bind(1, upload.owner.client?.text)
            count.bind(2, upload.createdAt)
            let open = try count.step() ? count.int64(0) : 0
            count.reset()
            guard open < openCountMax else {
                throw Fault(.overloaded, "\(open) uploads wait or are read already: announce more when some have ended", advice: .sendAgainLater)
            }
            let insert = try connection.statement(
                """
                INSERT INTO uploads(id, owner_id, client_id, name, type, content_type, byte_count, sha256, created_at, expires_at, state, types_place)
                VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                """)
            try insert.bind(1, upload.id)
            try insert.bind(2, upload.owner.client?.text)
            try insert.bind(3, upload.client)
            try insert.bind(4, upload.name)
            try insert.bind(5, upload.type)
            try insert.bind(6, upload.contentType)
            insert.bind(7, upload.byteCount)
            try insert.bind(8, upload.sha256)
            insert.bind(9, upload.createdAt)
            insert.bind(10, upload.expiresAt)
            try insert.bind(11, upload.state.rawValue)
            insert.bind(12, upload.typesPlace)
            try insert.run()
        }
    }

    /// Nil for one that was never announced: rows of uploads are kept for good.
    func upload(_ id: String) throws -> Upload? {
        try read { connection in
            let select = try connection.statement("SELECT \(Self.uploadColumns) FROM uploads WHERE id = ?1")
            try select.bind(1, id)
            defer { select.reset() }
            return try select.step() ? Self.upload(select) : nil
        }
    }

    /// The newest first.
    ///
    /// - Parameters:
    ///   - rows: whose are seen, by their owners.
    ///   - client: whose receipts they are; nil for anybody's. One without a client is its owner's.
    ///   - state: nil for any.
    ///   - place: of the last one of the page before.
    func uploads(
        of rows: RowScope, client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int
    ) throws -> [Upload] {
        try read { connection in
            let select = try connection.statement(
                """
                SELECT \(Self.uploadColumns) FROM uploads AS u WHERE (?1 IS NULL OR created_at < ?1 OR created_at = ?1 AND id < ?2)\(rows.condition("u.owner_id = ?3"))
                AND (?5 IS NULL OR coalesce(client_id, owner_id) = ?5) AND (?6 IS NULL OR state = ?6) ORDER BY created_at DESC, id DESC LIMIT ?4
                """)
            defer { select.reset() }
            select.bind(1, place?.createdAt)
            try select.bind(2, place?.id)
            if case .client(let client) = rows { try select.bind(3, client.text) }
            select.bind(4, Int64(limit))
            try select.bind(5, client)
            try select.bind(6, state?.rawValue)
            var uploads: [Upload] = []
            while try select.step() { uploads.append(Self.upload(select)) }
            return uploads
        }
    }

    /// Nil where none was ever noted.
    func uploadFilesGone() throws -> Int64? { try integer(Self.uploadFilesGoneKey) }

    /// Notes that files are gone of uploads that have ended and were announced before an instant: other machines have them, and go by this (`ReplicaStore`). Nothing where there is none since the last time.
    func noteUploadFilesGone(before instant: Int64) throws {
        let last = try read { connection -> Int64? in
            let select = try connection.statement(
                "SELECT max(created_at) FROM uploads WHERE created_at >= coalesce((SELECT value FROM meta WHERE key = '\(Self.uploadFilesGoneKey)'), ?2) AND created_at < ?1 AND \(Self.hasUploadEnded)")
            defer { select.reset() }
            select.bind(1, instant)
            select.bind(2, Int64.min)
            return try select.step() ? select.optionalInt64(0) : nil
        }
        // No further than the last of them: a clock that is ahead for a moment takes nothing that is announced later.
        guard let last else { return }
        try write(isCounted: false) { connection in try Self.raise(Self.uploadFilesGoneKey, to: last.addingSaturating(1), connection) }
    }

    /// Those with work to do: whose file is here and not read to its end, or that are being taken back. The oldest first.
    func workingUploads() throws -> [Upload] {
        try read { connection in
            let select = try connection.statement("SELECT \(Self.uploadColumns) FROM uploads WHERE state = 'PROCESSING' OR revert_stage = 1 ORDER BY created_at, id")
            defer { select.reset() }
            var uploads: [Upload] = []
            while try select.step() { uploads.append(Self.upload(select)) }
            return uploads
        }
    }

    /// Notes how an upload stands, with the feedback of what it has read since, unless it is in another state by now than `state`.
    ///
    /// The one way in which an upload changes: the state that the caller saw is part of the statement's condition, so that of two who change it at once one
    /// gets false and has changed nothing. A chunk's counts, position, feedback and notices are this one transaction.
    ///
    /// - Parameters:
    ///   - notices: what is delivered because of it, if it is noted.
    ///   - usage: what is added to what clients have used, if it is noted.
    /// - Returns: false where it is.
    func change(
        _ upload: Upload, from state: Upload.State, rejections: [UploadRejection] = [], notices: [Notice] = [], usage: [UsageKey: UsageFigures] = [:]
    ) throws -> Bool {
        try write(isCounted: false) { connection in
            let update = try connection.statement(
                """
                UPDATE uploads SET state = ?3, received_bytes = ?4, coding = ?5, started_at = ?6, ended_at = ?7, accepted = ?8, repeated = ?9, replaced = ?10,
                rejected = ?11, position = ?12, record_count = ?13, chunk_sequence = ?14, first_sequence = ?15, tables = ?16, problem = ?17, revert_stage = ?18,
                reverted = ?19, left_alone = ?20, revert_position = ?21, revert_sequence = ?22 WHERE id = ?1 AND state = ?2
                """)
            try update.bind(1, upload.id)
            try update.bind(2, state.rawValue)
            try update.bind(3, upload.state.rawValue)
            update.bind(4, upload.receivedByteCount)
            try update.bind(5, upload.coding)
            update.bind(6, upload.startedAt)
            update.bind(7, upload.endedAt)
            update.bind(8, upload.counts.accepted)
            update.bind(9, upload.counts.repeated)
            update.bind(10, upload.counts.replaced)
            update.bind(11, upload.counts.rejected)
            update.bind(12, upload.position)
            update.bind(13, upload.recordCount)
            update.bind(14, upload.chunkSequence)
            update.bind(15, upload.firstSequence)
            try update.bind(16, upload.tables.sorted().joined(separator: "\n"))
            try update.bind(17, upload.problem.map { UploadFaultText.json($0) })
            update.bind(18, upload.revert.stage.rawValue)
            update.bind(19, upload.revert.reverted)
            update.bind(20, upload.revert.left)
            update.bind(21, upload.revert.position)
            // On disk, below 0: the administrator asked for it.
            update.bind(22, upload.revert.isByAdministrator ? ~upload.revert.stepSequence : upload.revert.stepSequence)
            try update.run()
            guard connection.changeCount > 0 else { return false }
            // `counts.rejected` has this chunk's rejections in it already: what was there before decides how many more are kept.
            let before = upload.counts.rejected - Int64(rejections.count)
            let kept = max(0, Self.rejectionCountMax - before)
            for (index, rejection) in rejections.prefix(Int(clamping: kept)).enumerated() {
                try Self.write(before + Int64(index) < Self.wholeRejectionCountMax ? rejection : rejection.inBrief, of: upload.id, connection)
            }
            // For whoever made it, who alone may read its feedback.
            try count(rejections.map(\.violations), of: upload.owner.client?.text, upload: upload.id, connection)
            for notice in notices { try Self.add(notice, connection) }
            try Self.add(usage, connection)
            return true
        }
    }

    /// A record that is read again after a crash replaces its own feedback.
    private static func write(_ rejection: UploadRejection, of id: String, _ connection: SQLiteConnection) throws {
        let insert = try connection.statement("INSERT OR REPLACE INTO upload_errors(upload_id, record, receipt_id, errors, columns) VALUES(?1, ?2, ?3, ?4, ?5)")
        try insert.bind(1, id)
        insert.bind(2, rejection.record)
        try insert.bind(3, rejection.receiptID)
        try insert.bind(4, UploadFaultText.json(rejection.violations))
        try insert.bind(5, rejection.columns)
        try insert.run()
    }

    /// In the file's order, those behind a record: at most `limit`, and fewer where they are long.
    ///
    /// - Parameter hold: asked for the bytes of all of them so far, and some more, before they are kept.
    func rejections(of id: String, after record: Int64, limit: Int, hold: (_ byteCount: Int) throws -> Void = { _ in }) throws -> RejectionPage {
        try read { connection in
            let select = try connection.statement(
                "SELECT record, receipt_id, errors, columns FROM upload_errors WHERE upload_id = ?1 AND record > ?2 ORDER BY record LIMIT ?3")
            defer { select.reset() }
            try select.bind(1, id)
            select.bind(2, record)
            // One more than is wanted tells whether there are more.
            select.bind(3, Int64(limit).addingSaturating(1))
            var found: [UploadRejection] = []
            var (byteCount, held) = (0, 0)
            while try select.step() {
                let (errors, columns) = (select.bytes(2), select.bytes(3))
                byteCount += errors.count + columns.count
                guard found.count < limit, found.isEmpty || byteCount <= RejectionPage.byteCountMax else { return RejectionPage(rejections: found, hasMore: true) }
                if byteCount > held {
                    held = byteCount + RejectionPage.heldStepByteCount
                    try hold(held)
                }
                found.append(UploadRejection(record: select.int64(0), receiptID: select.optionalText(1), violations: UploadFaultText.violations(errors), columns: columns))
            }
            return RejectionPage(rejections: found)
        }
    }

    /// Forgets feedback of uploads that were made before an instant, a little at a time: others wait for the catalog meanwhile.
    ///
    /// - Parameter start: those that were made before it have none any more.
    /// - Complexity: one look over the uploads between the two, and a commit for each 5,000 rows.
    func deleteRejections(from start: Int64, before instant: Int64) throws {
        // Nearly always there are none, and a look costs no commit.
        let isAny = try read { connection in
            let select = try connection.statement("SELECT 1 FROM upload_errors WHERE upload_id IN (SELECT id FROM uploads WHERE created_at >= ?2 AND created_at < ?1) LIMIT 1")
            defer { select.reset() }
            select.bind(1, instant)
            select.bind(2, start)
            return try select.step()
        }
        while isAny {
            let count = try write(isCounted: false) { connection -> Int64 in
                let delete = try connection.statement(
                    """
                    DELETE FROM upload_errors WHERE (upload_id, record) IN (SELECT upload_id, record FROM upload_errors
                    WHERE upload_id IN (SELECT id FROM uploads WHERE created_at >= ?2 AND created_at < ?1) LIMIT 5000)
                    """)
                delete.bind(1, instant)
                delete.bind(2, start)
                try delete.run()
                return Int64(connection.changeCount)
            }
            if count == 0 { return }
        }
    }

    /// A state that this version does not know is shown as ERROR: nothing works on it.
    private static func upload(_ row: SQLiteStatement) -> Upload {
        var upload = Upload(
            id: row.text(0), owner: row.optionalText(1).map { .contract(ClientID($0)) } ?? .administrator, client: row.optionalText(2), name: row.text(3),
            type: row.optionalText(4), contentType: row.optionalText(5), byteCount: row.optionalInt64(6), sha256: row.optionalText(7), createdAt: row.int64(8),
            expiresAt: row.int64(9))
        upload.state = Upload.State(rawValue: row.text(10)) ?? .error
        upload.receivedByteCount = Int64(row.count(11))
        upload.coding = row.optionalText(12)
        (upload.startedAt, upload.endedAt) = (row.optionalInt64(13), row.optionalInt64(14))
        func count(_ column: Int32) -> Int64 { Int64(row.count(column)) }
        (upload.counts.accepted, upload.counts.repeated) = (count(15), count(16))
        (upload.counts.replaced, upload.counts.rejected) = (count(17), count(18))
        upload.position = row.int64(19)
        upload.recordCount = row.optionalInt64(20)
        (upload.chunkSequence, upload.firstSequence) = (row.int64(21), row.int64(22))
        upload.tables = Set(row.text(23).split(separator: "\n").map(String.init))
        upload.problem = row.optionalBytes(24).map { UploadFaultText.fault($0) }
        upload.revert.stage = Upload.Revert.Stage(rawValue: row.int64(25)) ?? .none
        (upload.revert.reverted, upload.revert.left) = (count(26), count(27))
        let sequence = row.int64(29)
        (upload.revert.position, upload.revert.stepSequence) = (row.int64(28), sequence < 0 ? ~sequence : sequence)
        upload.revert.isByAdministrator = sequence < 0
        upload.typesPlace = row.int64(30)
        return upload
    }
}
