import ColumnStore
import Documents
import Query

/// Rollups that a type file declares over its table, which need not be there yet.
extension RollupStore {
    /// - Parameters:
    ///   - json: whatever else is wrong with it, the types' own reader says.
    ///   - former: the file of the type's version before.
    /// - Returns: they, and each fault with its place.
    func read(typeFile json: [UInt8], former: [UInt8]?) -> (rollups: [RollupDefinition], faults: [Fault.Violation]) {
        guard let reading = try? TypeFileReading(json), !reading.reasons.contains(where: { $0.pointer == "/table" }) else { return ([], []) }
        let type = try? DocumentType(kept: json)
        var faults = type.map { tableFaults($0.table) } ?? []
        var rollups: [RollupDefinition] = []
        // Of a type with faults of its own, a misspelt member perhaps, nobody knows the columns.
        let (table, schema) = (reading.file.table, type.map(schema(of:)))
        let own = former.flatMap(Self.declared)
        for (index, item) in ((try? JSONParser.parse(json))?["rollups"]?.array ?? []).enumerated() {
            var reader = RollupReader(pointer: "/rollups/\(index)")
            if reading.file.tableKind.noRollups != nil {
                reader.fault("", "versioned", "a table that \(reading.file.tableKind.statement) has no rollups")
                faults += reader.faults
                continue
            }
            if let rollup = reader.parts(item, table: table) {
                if let reason = nameFault(rollup, table, own, before: rollups) { reader.fault("/name", reason.code, reason.message) }
                // What it says of another table is of that one.
                _ = reader.check(rollup, schema: rollup.table == table ? schema : nil)
                rollups.append(rollup)
            }
            faults += reader.faults
        }
        return (rollups, faults)
    }

    /// Rollups that there are, and tables, keep their names: a type file changes those of its own table, and its own.
    private func nameFault(
        _ rollup: RollupDefinition, _ table: String, _ own: (table: String, names: Set<String>)?, before: [RollupDefinition]
    ) -> (code: String, message: String)? {
        if let conflict = conflict(rollup) { return ("name-taken", conflict) }
        if rollup.name == table || rollup.tableName == table { return ("name-taken", "its table has this name") }
        if before.contains(where: { $0.name == rollup.name }) { return ("duplicate", "another rollup of the file has this name") }
        guard let present = boundary.rollups[rollup.name]?.definition, present.table != table else { return nil }
        if let own, own.table == present.table, own.names.contains(rollup.name) { return nil }
        return ("name-taken", "there is a rollup of the name \(rollup.name) over the table \(present.table)")
    }

    /// The table of a type file that was taken, and the names of the rollups that it declared.
    private static func declared(_ json: [UInt8]) -> (table: String, names: Set<String>)? {
        guard let file = try? TypeFileReading(json).file, let items = try? JSONParser.parse(json)["rollups"]?.array else { return nil }
        return (file.table, Set(items.compactMap { $0["name"]?.text }))
    }

    /// The columns that the type's table has with it.
    private func schema(of type: DocumentType) -> Schema {
        let known = SchemaEncoding.merged(columns.columns(of: type.table), adding: type.layout.fields)
        return StandardColumns.schema(of: type.table, typeColumns: (known ?? type.layout.fields).map { Field($0.name, $0.type.withoutIDs) })
    }

    /// Of a type that would make a table of a rollup's name, or of such a name as tables of sums have: both lie in the warehouse by their names.
    private func tableFaults(_ table: String) -> [Fault.Violation] {
        guard !columns.hasTable(named: table) else { return [] }
        let isOfSums = TableName.isOfSums(table)
        guard isOfSums || boundary.rollups[table] != nil else { return [] }
        let reason = isOfSums ? "names that begin with rollup_ are those of the tables of rollups" : "there is a rollup of the name \(table)"
        return [.init(pointer: "/table", code: "name-taken", message: reason)]
    }

    static func fault(ofTypeFile faults: [Fault.Violation]) -> Fault {
        let detail = faults.count == 1 ? "\(faults[0].pointer): \(faults[0].message)" : "the type file has \(faults.count) faults; errors names each"
        return Fault(.invalidType, detail, errors: faults)
    }
}
