import ColumnStore

/// What is stored already under the identities of receipts that come in.
extension Intake {
    /// What the rows meet under their identities in the snapshot.
    func earlier(_ rows: [HotRow], _ snapshot: TierBoundary.Snapshot, except open: HotFile?) throws -> [StoredReceipt?] {
        let documents = rows.map { (identity: $0.identity, sha256: Array($0.sha256)) }
        var earlier = try documents.map { try HotTier.findEarlier($0.identity, document: $0.sha256, in: snapshot, except: open) }
        guard !snapshot.cold.isEmpty else { return earlier }
        let missing = earlier.indices.filter { !(earlier[$0]?.isOf(documents[$0].sha256) ?? false) }
        for (place, cold) in zip(missing, try ColdLookup.findEarlier(missing.map { documents[$0] }, in: snapshot)) {
            earlier[place] = StoredReceipt.choose([earlier[place], cold].compactMap { $0 }, for: documents[place].sha256)
        }
        return earlier
    }
}
