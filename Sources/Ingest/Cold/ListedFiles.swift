import ColumnStore

/// The files of one version of a cold table with their keys, listed once for all that ask: a store of twenty years has a hundred thousand of them, whose manifests
/// are longer than what stays decoded. Of one thread, and let go with what it is asked for.
final class ListedFiles {
    let table: ColdTable
    private var listed: [(file: DataFile, key: String?)]?

    init(_ table: ColdTable) { self.table = table }

    /// - Returns: the files, and under what key each lies in the table's storage; nil for one that lies elsewhere.
    func all() throws -> [(file: DataFile, key: String?)] {
        if let listed { return listed }
        let all = try table.iceberg.files().map { (file: $0, key: table.iceberg.storage.key(ofLocation: $0.location)) }
        listed = all
        return all
    }
}

extension [String: ListedFiles] {
    /// Those of a table, by its name.
    mutating func files(of table: ColdTable) -> ListedFiles {
        if let known = self[table.name] { return known }
        let listed = ListedFiles(table)
        self[table.name] = listed
        return listed
    }
}
