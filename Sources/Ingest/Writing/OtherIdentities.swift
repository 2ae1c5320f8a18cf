import Documents

extension TypeTables {
    /// What names a row's document in the other tables of its type. Of a table of versions cold files alone know a document by its bytes; what came last the writer asks the index.
    func otherIdentities(of row: HotRow) -> [ReceiptIdentity] {
        guard row.kind.tableKind.holder == .rows else { return [] }
        return others(of: row.kind.type, than: row.kind.table).map { table in
            var identity = row.identity
            identity.table = table
            return identity
        }
    }
}
