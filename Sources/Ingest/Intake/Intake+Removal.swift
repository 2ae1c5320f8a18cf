import Documents

extension Intake {
    /// A row without a document.
    ///
    /// Its day and its time of issue are those of the removal. It bears the type of what it removes.
    static func removal(of newest: VersionEntry, _ key: VersionKey, now: Int64) -> HotRow {
        let none = RowLayout(fields: [])
        let brought = TableName.kind(of: key.table).broughtColumns
        let kind = RowFormat(
            table: key.table, type: newest.type, version: newest.typeVersion, contentType: "", layout: VersionColumns.layout(none, after: brought))
        let content = VersionColumns.removalHash
        return HotRow(
            kind: kind, client: key.client, receipt: key.receipt, businessDay: Clock.day(ofMicroseconds: now), issuedAt: now,
            values: VersionColumns.row([], count: 0, after: brought, isRemoval: true, upload: nil), sha256: content, storedDocument: [], documentByteCount: 0,
            coding: .none, version: RowVersion(content: content, isRemoval: true))
    }
}
