import ColumnStore
import Documents

/// What is stored already under the identities of receipts that come in.
extension Intake {
    /// What the rows meet under their identities in the snapshot.
    ///
    /// 1. Other hot files than the open one, which the writer looks in itself.
    /// 2. Of types that had other tables: those.
    /// 3. Cold tables, for rows of which the same document was not found yet.
    ///
    /// - Returns: for each row the receipt of the same document, else the one that holds its identity, else nil.
    /// - Throws: damage in a file that may have one; `SilentColdTable`.
    func earlier(_ rows: [HotRow], _ snapshot: TierBoundary.Snapshot, except open: HotFile?) throws -> [StoredReceipt?] {
        // What the writer knows by itself is not looked for.
        if rows.allSatisfy({ $0.kind.tableKind.holder == .index }) { return [StoredReceipt?](repeating: nil, count: rows.count) }
        let documents = rows.map { (identity: $0.identity, sha256: Array($0.sha256)) }
        var earlier = try documents.map { try HotTier.findEarlier($0.identity, document: $0.sha256, in: snapshot, except: open) }
        for place in rows.indices where rows[place].kind.version > 1 && !(earlier[place]?.isOf(documents[place].sha256) ?? false) {
            earlier[place] = try moved(rows[place], snapshot) ?? earlier[place]
        }
        guard !snapshot.cold.isEmpty else { return earlier }
        let missing = earlier.indices.filter { !(earlier[$0]?.isOf(documents[$0].sha256) ?? false) }
        for (place, cold) in zip(missing, try ColdLookup.findEarlier(missing.map { documents[$0] }, in: snapshot)) {
            earlier[place] = StoredReceipt.choose([earlier[place], cold].compactMap { $0 }, for: documents[place].sha256)
        }
        return earlier
    }

    /// The same document, where a version of its type stored it that had another table: a repeat, though its identity names the table. A receipt
    /// of another document there has nothing to do with this one.
    private func moved(_ row: HotRow, _ snapshot: TierBoundary.Snapshot) throws -> StoredReceipt? {
        guard row.kind.version > 1, let type = parts.types.registry.snapshot[row.kind.type] else { return nil }
        let sha256 = Array(row.sha256)
        for table in parts.types.formerTables(of: type) {
            var identity = row.identity
            identity.table = table
            if let hot = try HotTier.findEarlier(identity, document: sha256, in: snapshot, except: nil), hot.isOf(sha256) { return hot }
            if snapshot.cold[table] == nil { continue }
            if let cold = try ColdLookup.findEarlier(identity, document: sha256, in: snapshot), cold.isOf(sha256) { return cold }
        }
        return nil
    }
}
