import ColumnStore

/// A cold table of which no metadata can be read: its Parquet files say what its columns are, by their ids, and which rows they have.
///
/// Files that were replaced by a merge lie beside what took their place until they are removed, and so may files of a merge or a move that was
/// cut off. Sequences tell: a set of files is taken that has each row once. The newest first, so that what a merge made counts; or else the
/// oldest, for a merge that did not end. Where neither leaves each file whole or out, nobody can say what the table was.
struct ColdRemaking {
    let name: String
    let storage: any ObjectStorage
    let recovery: Recovery

    /// Of the table, for readers of what is wrong.
    private var place: String { "\(recovery.directory.warehouseName)/\(name)" }

    private struct File {
        let key: String
        let parquet: ParquetFile
    }

    /// - Parameter version: the last of the versions that cannot be read; they stay.
    /// - Returns: the table at its first version after `version`, with metadata that goes again where no catalog comes of it; nil in a trial, which ends here.
    /// - Throws: `Recovery.Failure` naming the file in the way.
    func remake(after version: Int) throws -> ColdEvidence? {
        let files = try read()
        guard let (taken, left, rowCount) = try choose(files.reversed()) ?? choose(files) else {
            throw Recovery.Failure("of the table \(name) no metadata can be read, and some of its data files have a part of their rows in common: "
                + "restore \(place) from a backup")
        }
        let schema = try schema(of: taken)
        var text = "the metadata of the table \(name): it \(recovery.isTrial ? "would be" : "was") made anew, of \(taken.count) data file\(taken.count == 1 ? "" : "s") with \(rowCount) documents"
        if !left.isEmpty { text += "; \(left.count) others with the same rows are left out: \(left.prefix(3).map(\.key).joined(separator: ", "))\(left.count > 3 ? " …" : "")" }
        recovery.report.missing.append(text)
        guard !recovery.isTrial else {
            _ = recovery.cut()
            return nil
        }
        // By the ids that the files' columns have: else none of them would be found.
        let created = try Table.create(
            storage, schema: schema, sorting: ColdOrder.sorting, grouping: "business_day", version: version + 1, keepsIDs: true)
        recovery.remade.append((storage, created.written.map(\.key)))
        let described = try taken.map { file in
            DataFile(try WrittenFile(describing: file.parquet), location: storage.location(of: file.key), sortOrderID: 1)
        }
        let commit = try created.table.append(described)
        recovery.remade.append((storage, commit.written.map(\.key)))
        return ColdEvidence(name: name, storage: storage, whole: [commit.table], store: nil, generation: 0)
    }

    /// By the time of their making, which their names have.
    ///
    /// Names are ULIDs, which rise with time.
    private func read() throws -> [File] {
        var keys: [String] = []
        try storage.list(prefix: "data/") { object in if object.key.hasSuffix(".parquet") { keys.append(object.key) } }
        func made(_ key: String) -> Substring { key.split(separator: "/").last ?? "" }
        return try keys.sorted { made($0) < made($1) }.map { key in
            recovery.progress("warehouse/\(name)/\(key)")
            do { return File(key: key, parquet: try ParquetFile(try storage.open(key))) } catch let error as ColumnStoreError {
                throw Recovery.Failure("\(place)/\(key) cannot be read, and the table \(name) has no metadata: restore the file from a backup, "
                    + "or put it elsewhere and its receipts are left out (\(error))")
            }
        }
    }

    /// A file whose rows were all seen before is left out, one of which none was is taken.
    ///
    /// - Returns: nil when a file has some of its rows in common with those before it, and not all.
    /// - Complexity: each file is read twice, its sequences alone.
    private func choose(_ files: [File]) throws -> (taken: [File], left: [File], rowCount: Int)? {
        var seen = SequenceSet()
        var (taken, left) = ([File](), [File]())
        for file in files {
            var (known, count) = (0, 0)
            try forEachSequence(of: file) { sequence in
                count += 1
                if seen.contains(sequence) { known += 1 }
            }
            if known > 0 {
                guard known == count else { return nil }
                left.append(file)
                continue
            }
            try forEachSequence(of: file) { sequence in
                guard seen.insert(sequence) else { throw Recovery.Failure("\(place)/\(file.key) has the sequence \(sequence) twice: restore it from a backup") }
            }
            taken.append(file)
        }
        return (taken, left, seen.count)
    }

    private func forEachSequence(of file: File, _ body: (Int64) throws -> Void) throws {
        do {
            let scan = try file.parquet.scan(ParquetScanRequest(projection: ["sequence"], schema: file.parquet.schema))
            for rowGroup in scan.rowGroups {
                let reader = try scan.reader(rowGroup: rowGroup)
                while let batch = try reader.next() {
                    for row in 0..<batch.rowCount {
                        guard case .integer(let sequence) = batch.columns[0].value(at: row) else {
                            throw ColumnStoreError(.corruptFile, path: file.key, "a row without a sequence")
                        }
                        try body(sequence)
                    }
                }
            }
        } catch let error as ColumnStoreError {
            throw Recovery.Failure("\(place)/\(file.key) cannot be read, and the table \(name) has no metadata: restore the file from a backup, "
                + "or put it elsewhere and its receipts are left out (\(error))")
        }
    }

    // MARK: Columns

    /// Columns are only ever added: that of one file has all that the others have, under the same ids.
    private func schema(of files: [File]) throws -> Schema {
        let all = files.map { (file: $0, columns: Self.columns($0.parquet.schema.fields, [])) }
        guard let widest = all.max(by: { $0.columns.count < $1.columns.count }) else {
            throw Recovery.Failure("the table \(name) has no data file")
        }
        for (file, columns) in all where !columns.isSubset(of: widest.columns) {
            throw Recovery.Failure("\(place)/\(file.key) and \(widest.file.key) disagree on the columns of the table \(name): restore \(place) from a backup")
        }
        for field in StandardColumns.fields where widest.file.parquet.schema[field.name]?.type.withoutIDs != field.type {
            throw Recovery.Failure("\(place)/\(widest.file.key) lacks the column \(field.name), which every table has: it is no file of this store")
        }
        return widest.file.parquet.schema
    }

    /// A column at any depth, as two files may disagree on it.
    private struct ColumnID: Hashable {
        let path: [String]
        let id: Int32?
        /// Of a column that has no columns in it.
        let type: String
    }

    private static func columns(_ fields: [Field], _ path: [String]) -> Set<ColumnID> {
        var columns: Set<ColumnID> = []
        for field in fields {
            let own = path + [field.name]
            switch field.type {
            case .list(let element): columns.formUnion(Self.columns([element], own))
            case .structure(let members): columns.formUnion(Self.columns(members, own))
            default: break
            }
            columns.insert(ColumnID(path: own, id: field.id, type: field.type.isNested ? "" : "\(field.type)"))
        }
        return columns
    }
}
