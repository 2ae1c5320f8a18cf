import ColumnStore
import Glibc

/// What of a store only versioned tables have: numbers of versions, the view of the newest for outside readers, the index.
extension Verifier {
    /// A version's number is from 1, and no other row of its document has it.
    ///
    /// - Parameter fault: told what is wrong with it.
    func check(version: Value, of table: String, _ client: [UInt8], _ receipt: [UInt8], _ fault: (String) -> Void) throws {
        guard case .integer(let number) = version, number >= 1 else { return fault("it is a version without a number from 1 on") }
        try uniqueness.insert(table: table, client: client, receipt: receipt, version: number)
    }

    /// The Iceberg table of the newest versions follows from the history. That it is missing, or behind, is how a crash leaves it and no fault:
    /// the next start makes it anew.
    func checkView(of history: String) {
        let name = TableName.shown(history)
        let place = "\(directory.warehouseName)/\(name)"
        look(place)
        guarded(place) {
            let storage = try directory.cold(name)
            // All of it is metadata: present, replaced, or on its way out.
            try storage.list(prefix: "metadata/") { isPart("warehouse/\(name)/\($0.key)") }
            if let number = try Table.newestVersion(storage) { _ = try Table.open(storage, version: number).files() }
        }
    }

    /// The index says nothing that the rows do not: where it is damaged, a start makes it anew. So it does with one that was being made when the process
    /// was killed, which cannot be read before somebody rolls it back.
    func checkVersionIndex() {
        guard access(directory.versionsPath, F_OK) == 0 else { return }
        if access(directory.versionsPath + "-journal", F_OK) == 0 {
            for suffix in ["", "-wal", "-shm", "-journal"] { isPart("versions.sqlite" + suffix) }
            return
        }
        checkDatabase(directory.versionsPath, "versions.sqlite") {}
    }
}
