import ColumnStore
import Documents

/// What is stored already under the identities of receipts that come in.
extension Intake {
    /// What the rows meet under their identities in the snapshot.
    ///
    /// 1. Other hot files than the open one, which the writer looks in itself.
    /// 2. Of types whose versions have several tables: the others, for rows of which the same document was not found yet.
    /// 3. Cold tables, for rows of which the same document was not found yet.
    ///
    /// - Returns: for each row the receipt of the same document, else the one that holds its identity, else nil.
    /// - Throws: damage in a file that may have one; `SilentColdTable`.
    func earlier(_ rows: [HotRow], _ snapshot: TierBoundary.Snapshot, except open: HotFile?) throws -> [StoredReceipt?] {
        // What the writer knows by itself is not looked for.
        if rows.allSatisfy({ $0.kind.tableKind.holder == .index }) { return [StoredReceipt?](repeating: nil, count: rows.count) }
        let documents = rows.map { (identity: $0.identity, sha256: Array($0.sha256)) }
        var earlier = try documents.map { try HotTier.findEarlier($0.identity, document: $0.sha256, in: snapshot, except: open) }
        for place in rows.indices where !(earlier[place]?.isOf(documents[place].sha256) ?? false) {
            earlier[place] = try moved(rows[place], documents[place].sha256, snapshot) ?? earlier[place]
        }
        guard !snapshot.cold.isEmpty else { return earlier }
        let missing = earlier.indices.filter { !(earlier[$0]?.isOf(documents[$0].sha256) ?? false) }
        for (place, cold) in zip(missing, try ColdLookup.findEarlier(missing.map { documents[$0] }, in: snapshot)) {
            earlier[place] = StoredReceipt.choose([earlier[place], cold].compactMap { $0 }, for: documents[place].sha256)
        }
        return earlier
    }

    /// The same document, where a version of its type stored it that has another table: a repeat, though its identity names the table. A receipt
    /// of another document there has nothing to do with this one.
    ///
    /// By the version that read the row, which need not be the one in force: a later one may have stored the document meanwhile.
    private func moved(_ row: HotRow, _ sha256: [UInt8], _ snapshot: TierBoundary.Snapshot) throws -> StoredReceipt? {
        for identity in parts.tier.typeTables.otherIdentities(of: row) {
            if let hot = try HotTier.findEarlier(identity, document: sha256, in: snapshot, except: nil), hot.isOf(sha256) { return hot }
            if snapshot.cold[identity.table] == nil { continue }
            if let cold = try ColdLookup.findEarlier(identity, document: sha256, in: snapshot), cold.isOf(sha256) { return cold }
        }
        return nil
    }
}
