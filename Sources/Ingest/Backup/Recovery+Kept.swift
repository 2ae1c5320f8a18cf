import ColumnStore
import Documents
import Glibc

/// What is taken from a catalog and is right only as far as the store's files are.
extension Recovery {
    // MARK: Damaged cold files

    /// Before the files are looked at: what the earlier catalog has of those that were found damaged, and what of it is left behind.
    ///
    /// What cannot be read of it is done without: the damage is found again when it is read.
    func noteLeft(of earlier: SQLiteConnection, in draft: SQLiteConnection) {
        do {
            var names: [String: Set<Substring>] = [:]
            let damaged = try draft.statement("SELECT table_name, location FROM damaged_files")
            while try damaged.step() { names[damaged.text(0), default: []].insert(Self.lastPart(damaged.text(1))) }
            for (table, names) in names {
                let objects = try earlier.statement("SELECT key, byte_count, sha256 FROM cold_objects WHERE table_name = ?1")
                try objects.bind(1, table)
                // Files are named once, whatever the place.
                while try objects.step() {
                    let key = objects.text(0)
                    if names.contains(Self.lastPart(key)) { written[key] = (objects.int64(1), objects.bytes(2)) }
                }
            }
        } catch { progress("what damaged files were written with cannot be read: \(error)") }
        // Catalogs of earlier versions have no such table.
        if let count = try? earlier.integer("SELECT count(*) FROM former_objects"), count > 0 {
            report.missing.append("what the warehouse has left at places where it was, \(count) objects: they are not removed there any more; remove them once nobody reads them")
        }
    }

    private static func lastPart(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

    /// Of what is noted of damaged cold files that stays which is of files that the tables have. Documents that were sent again stay where a file may have their rows.
    func keepDamage(of tables: [ColdEvidence], in draft: Catalog) throws {
        let damaged = try draft.damagedFiles()
        let ofBrought = try draft.read { try $0.texts("SELECT DISTINCT table_name FROM brought") }
        for name in Set(damaged.map(\.table)).union(ofBrought).sorted() {
            let table = tables.first { $0.name == name }?.whole.first
            let files = try table?.files() ?? []
            let present = Set(files.map(\.location))
            for file in damaged where file.table == name && !present.contains(file.location) { try draft.forget(file) }
            let gone = Self.outside(try draft.broughtSequences(of: name), Self.spans(of: files, table?.schema["sequence"]))
            if gone.isEmpty { continue }
            report.missing.append("\(gone.count) documents of the table \(name) that were sent again for damaged files: no file has their rows any more")
            try draft.write(isCounted: false) { connection in
                let delete = try connection.statement("DELETE FROM brought WHERE table_name = ?1 AND sequence = ?2")
                for sequence in gone {
                    try delete.bind(1, name)
                    delete.bind(2, sequence)
                    try delete.run()
                }
            }
        }
    }

    /// From the lowest to the highest sequence of each file; of a file that does not say it, all.
    private static func spans(of files: [DataFile], _ field: Field?) -> [ClosedRange<Int64>] {
        files.map { file in
            guard let field else { return Int64.min...Int64.max }
            let bounds = file.bounds(of: field)
            guard case .integer(let low)? = bounds.minimum, case .integer(let high)? = bounds.maximum, low <= high else { return Int64.min...Int64.max }
            return low...high
        }
    }

    /// Those that are in no span, in their order.
    private static func outside(_ sequences: Set<Int64>, _ spans: [ClosedRange<Int64>]) -> [Int64] {
        let spans = spans.sorted { $0.lowerBound < $1.lowerBound }
        var place = 0
        // The highest end of all spans that begin at or before a sequence.
        var reach: Int64?
        return sequences.sorted().filter { sequence in
            while place < spans.count, spans[place].lowerBound <= sequence {
                reach = max(reach ?? .min, spans[place].upperBound)
                place += 1
            }
            return reach.map { $0 < sequence } ?? true
        }
    }

    // MARK: Files of uploads

    /// How uploads went on that an older catalog has as being read, or taken back, nobody knows: one that has come to its end since would be read again, and its documents written over what has come
    /// after them.
    func endUploads(in draft: SQLiteConnection) throws {
        endedUploads.formUnion(try draft.texts("SELECT id FROM uploads WHERE state = 'PROCESSING'"))
        let fault = Fault(.uploadClosed, "the store was recovered from a catalog of before, which does not know how far the file was read: look which of its documents are here, and send the others again")
        let end = try draft.statement("UPDATE uploads SET state = 'ERROR', ended_at = coalesce(started_at, created_at), problem = ?1 WHERE state = 'PROCESSING'")
        try end.bind(1, UploadFaultText.json(fault))
        try end.run()
        let revert = try draft.statement(
            "UPDATE uploads SET revert_stage = 0, reverted = 0, left_alone = 0, revert_position = 0, revert_sequence = 0 WHERE revert_stage = 1 RETURNING id")
        defer { revert.reset() }
        var revertedCount = 0
        while try revert.step() { revertedCount += 1 }
        if !endedUploads.isEmpty {
            report.missing.append("how far \(endedUploads.count) uploads were read that the older catalog has as being read, which end as failed: \(endedUploads.sorted().prefix(20).joined(separator: ", "))\(endedUploads.count > 20 ? " …" : "")")
        }
        if revertedCount > 0 { report.missing.append("how far \(revertedCount) uploads were taken back that the older catalog has as being taken back: ask for it again") }
    }

    /// Files of uploads of which the new catalog does not say what they are, with what lies beside them: a start is not to take them for files whose time is over.
    ///
    /// An older catalog may have an upload as waiting for its file that has come since, and was acknowledged, or as being read: neither are those files known.
    ///
    /// - Returns: names below `uploads/`, in their order; the uploads are in the report by then.
    func strayUploads(_ draft: Catalog) throws -> [String] {
        guard access(directory.uploadsPath, F_OK) == 0 else { return [] }
        let isOlder = isSourceOlder
        let known = Set(try draft.read { try $0.texts(isOlder ? "SELECT id FROM uploads WHERE state <> 'NEW'" : "SELECT id FROM uploads") }).subtracting(endedUploads)
        let names = try DataDirectory.names(in: directory.uploadsPath)
        let strays = Set(names.filter { name in !name.contains(".") && !known.contains(name) && Self.isPlain("\(directory.uploadsPath)/\(name)") })
        guard !strays.isEmpty else { return [] }
        report.missing.append(
            "what upload \(strays.count) files are of, which go to lost+found: \(strays.sorted().prefix(20).joined(separator: ", "))\(strays.count > 20 ? " …" : "")")
        return names.filter { name in strays.contains(String(name.prefix { $0 != "." })) }.sorted()
    }

    private static func isPlain(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
