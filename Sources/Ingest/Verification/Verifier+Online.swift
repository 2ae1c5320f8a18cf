import ColumnStore
import Documents

/// Beside a server that goes on taking receipts and moving them to cold.
///
/// What is looked at is one snapshot: its hot files, its versions of cold tables, its rows up to its sequence. None of it goes away
/// meanwhile: readers hold hot files, and no cold file is removed. Three things only a store at rest can show, and are left out: the sums of
/// pages and logs as they lie on the disk (SQLite holds the pages that it reads against their sums), the state of receipts as rows and columns
/// say it, and files that belong to nothing.
extension Verifier {
    /// - Throws: `Cancelled`; everything else is noted.
    func run(beside store: StoreParts) throws -> Report {
        guarded("\(directory.path)/FORMAT") { try checkFormat() }
        store.compactor.withoutRemovals {
            let snapshot = store.tier.boundary.snapshot()
            let proof = ColumnProof(catalog: store.catalog)
            look(directory.catalogPath)
            report.fileCount += 1
            guarded(directory.catalogPath) { try checkIntegrity(directory.catalogPath) }
            guarded("\(directory.path)/\(DataDirectory.adminKeyName)") { try checkAdminKey(store.catalog) }
            checkBesideServer(.queues, store.catalog)
            guarded(directory.uploadsPath) { try checkUploads(store.catalog) }
            for file in snapshot.files { check(file, through: snapshot.sequence, proof) }
            for (name, cold) in snapshot.cold.sorted(by: { $0.key < $1.key }) {
                guarded("\(directory.warehouseName)/\(name)") { try check(name, version: cold.iceberg.version, store.catalog, proof) }
            }
            for state in snapshot.rollups.values {
                guard let sums = state.table, let base = snapshot.cold[state.definition.table], state.isBeside(base) else { continue }
                guarded("\(directory.warehouseName)/\(sums.name)") {
                    try check(sums: sums.name, version: sums.iceberg.version, store.catalog)
                    try check(state, base, sums, store.tier.tables)
                }
            }
        }
        checkBesideServer(.executions, store.catalog)
        guarded(directory.path) { try uniqueness.check { note($0, $1) } }
        try checkCancelled()
        return report
    }

    private func check(_ file: HotFile, through sequence: Int64, _ proof: ColumnProof) {
        look(file.path)
        report.fileCount += 1
        // Whoever reads in a transaction that lasts keeps the log from being begun anew.
        file.pin()
        defer { file.unpin() }
        guarded(file.path) { try checkIntegrity(file.path) }
        guarded(file.path) {
            uniqueness.begin(file.path)
            let totals = try checkRows(file, through: sequence)
            try checkColumns(file, totals, proof, through: sequence)
        }
    }
}
