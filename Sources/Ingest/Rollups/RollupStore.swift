import ColumnStore
import Documents
import Query

/// The rollups of a store: on disk (the catalog), and in force (the boundary).
struct RollupStore {
    let catalog: Catalog
    let boundary: any RollupBoundary
    let columns: TableColumns

    // MARK: Opening

    /// Puts every declared rollup in force, built-in ones that the store does not know yet among them.
    ///
    /// - Parameter numbers: of the tables, which putting of their rollup they are of.
    func open(_ tables: [String: ColdTable], numbers: [String: Int64]) throws {
        let stored = try catalog.rollups()
        for rollup in BuiltInRollups.all where !stored.contains(where: { $0.name == rollup.name }) {
            var reader = RollupReader()
            // A store of an earlier version may have another table of that name.
            guard let schema = schema(of: rollup.table), reader.check(rollup, schema: schema) != nil, conflict(rollup) == nil else { continue }
            _ = try catalog.putRollup(rollup.name, json: rollup.json.serialized, isBuiltIn: true)
        }
        var listed: [String: ListedFiles] = [:]
        for rollup in try catalog.rollups() where !rollup.isDeleted {
            var reader = RollupReader()
            guard let body = try? JSONParser.parse(rollup.json), let definition = reader.read(body) else {
                StoreLog.note("a rollup cannot be read", path: rollup.name, reason: reader.faults.first?.message ?? "it is no JSON", level: .warning)
                continue
            }
            let isSummed = numbers[definition.tableName] == rollup.number
            let base = boundary.coldTable(definition.table).map { listed.files(of: $0) }
            boundary.set(try state(of: rollup, definition, isSummed: isSummed, tables[definition.tableName], beside: base), named: definition.name)
        }
    }

    /// As the store has it. Rows are the truth: sums that are not there, or are damaged, are made again, and never keep a store from its work.
    ///
    /// - Throws: what else keeps them from being read, a storage that gives no answer for one: nothing is lost then, and to make them again takes days in a large store.
    private func state(of rollup: Catalog.StoredRollup, _ definition: RollupDefinition, isSummed: Bool, _ table: ColdTable?, beside base: ListedFiles?) throws -> RollupState {
        var state = RollupState(definition, number: rollup.number)
        guard isSummed else { return try state.beside(base) }
        // Read before, and kept: what is wrong with the rows' own table is no fault of the sums, which would be made again for it.
        _ = try base?.all()
        do {
            guard let table else { throw ColumnStoreError(.corruptFile, path: definition.tableName, "the table of sums cannot be opened") }
            if let schema = schema(of: definition.table) { try Self.prove(table, definition, schema) }
            state.table = table
            state.files = try catalog.rollupFiles(rollup.name)
            let lost = try state.dropLost()
            if !lost.isEmpty {
                try catalog.switchToCold([], rollups: [Catalog.RollupChange(rollup: rollup.name, number: rollup.number, removed: lost)])
                let reason = "the table lacks the sums of \(lost.count) cold files, which the catalog names; their rows are read until they are made again"
                StoreLog.note("sums are missing", path: definition.tableName, reason: reason, level: .warning)
            }
            return try state.beside(base)
        } catch let error as ColumnStoreError where ColdTable.isDamage(error) {
            StoreLog.note("sums cannot be read, and are made again", path: definition.tableName, reason: error.description, level: .warning)
            // Under another number what is left of the table is of an earlier rollup, and goes.
            let number = try catalog.putRollup(rollup.name, json: rollup.json, isBuiltIn: rollup.isBuiltIn)
            return try RollupState(definition, number: number).beside(base)
        }
    }

    /// Versions of before made dates of some keys that are instants.
    ///
    /// - Throws: corrupt-file where the sums have such a key.
    private static func prove(_ table: ColdTable, _ definition: RollupDefinition, _ schema: Schema) throws {
        for field in (try? definition.statement.columns(of: definition.table, schema: schema)) ?? [] {
            guard let stored = table.iceberg.schema[field.name], (stored.type == .date) != (field.type == .date) else { continue }
            throw ColumnStoreError(.corruptFile, path: definition.tableName, "the column \(field.name) is of another type than the rollup's")
        }
    }

    /// A table's columns; nil where there is none, or it can have no rollups.
    func schema(of table: String) -> Schema? {
        guard columns.contains(table), TableName.kind(of: table).noRollups == nil else { return nil }
        return StandardColumns.schema(of: table, typeColumns: columns.columns(of: table).map { Field($0.name, $0.type.withoutIDs) })
    }

    // MARK: Reading

    /// The declared rollups with their sums, of a store that is only read: as `open`, with nothing put right. Of sums that cannot be read, or are not there, rows are read.
    ///
    /// - Parameters:
    ///   - cold: tables of rows.
    ///   - sums: tables of sums.
    static func read(_ catalog: Catalog, cold: [String: ColdTable], sums: [String: ColdTable]) throws -> [String: RollupState] {
        let numbers = try catalog.rollupTables()
        var states: [String: RollupState] = [:]
        var listed: [String: ListedFiles] = [:]
        for rollup in try catalog.rollups() where !rollup.isDeleted {
            var reader = RollupReader()
            guard let body = try? JSONParser.parse(rollup.json), let definition = reader.read(body) else { continue }
            let base = cold[definition.table].map { listed.files(of: $0) }
            let bare = RollupState(definition, number: rollup.number)
            var state = bare
            if numbers[definition.tableName] == rollup.number, let table = sums[definition.tableName] {
                state.table = table
                state.files = try catalog.rollupFiles(rollup.name)
            }
            do {
                if let table = state.table, let schema = cold[definition.table]?.iceberg.schema { try prove(table, definition, schema) }
                _ = try state.dropLost()
                states[definition.name] = try state.beside(base)
            } catch let error as ColumnStoreError where state.table != nil && ColdTable.isDamage(error) {
                // Where it is the rows' own table that is damaged, this says so.
                states[definition.name] = try bare.beside(base)
            }
        }
        return states
    }

    /// - Parameters:
    ///   - ownOnly: without what tells of others' files.
    ///   - isShown: whether one exists for the caller, as in SQL.
    func descriptions(after name: String?, limit: Int, ownOnly: Bool, isShown: (RollupState) -> Bool) throws -> [RollupDescription] {
        let all = boundary.rollups.values.filter { state in
            (name.map { $0.utf8.lexicographicallyPrecedes(state.definition.name.utf8) } ?? true) && isShown(state)
        }
        let byteCounts = ownOnly ? [:] : try catalog.coldByteCounts()
        return all.sorted { $0.definition.name.utf8.lexicographicallyPrecedes($1.definition.name.utf8) }.prefix(limit).map { state in
            var progress = ownOnly ? RollupProgress() : state.progress
            progress.byteCount = state.byteCount(byteCounts)
            return RollupDescription(definition: state.definition, progress: progress)
        }
    }

    // MARK: Changing

    /// - Precondition: changes go one at a time.
    /// - Throws: `Fault` invalid-rollup; where the table's files cannot be listed, with nothing changed.
    func put(_ name: String, _ body: JSONValue) throws -> PutOutcome {
        var reader = RollupReader()
        guard let rollup = reader.parts(body, name: name) else { throw Self.fault(reader.faults) }
        if let conflict = conflict(rollup) { reader.fault("/name", "name-taken", conflict) }
        let schema = schema(of: rollup.table)
        if schema == nil {
            let reason = TableName.kind(of: columns.storedName(ofShown: rollup.table) ?? rollup.table).noRollups
            reader.fault("/table", reason == nil ? "unknown-table" : "versioned", reason ?? "there is no table of this name")
        }
        guard reader.check(rollup, schema: schema) != nil else { throw Self.fault(reader.faults) }
        let present = boundary.rollups[rollup.name]
        if present?.definition == rollup { return .unchanged }
        let base = boundary.coldTable(rollup.table).map { ListedFiles($0) }
        // Read before, and kept: nothing fails between the catalog and what is in force.
        _ = try base?.all()
        let number = try catalog.putRollup(rollup.name, json: rollup.json.serialized, isBuiltIn: false)
        boundary.set(try RollupState(rollup, number: number).beside(base), named: rollup.name)
        return present == nil ? .created : .replaced
    }

    /// - Precondition: as of `put`.
    /// - Throws: `Fault` not-found.
    func delete(_ name: String) throws {
        guard boundary.rollups[name] != nil else { throw Fault.absent(.rollup(nil)) }
        try catalog.deleteRollup(name)
        boundary.set(nil, named: name)
    }

    /// Rollups and tables have one namespace.
    func conflict(_ rollup: RollupDefinition) -> String? {
        for name in [rollup.name, rollup.tableName] where columns.hasTable(named: name) {
            return "there is a table of the name \(name)"
        }
        return nil
    }

    private static func fault(_ faults: [Fault.Violation]) -> Fault {
        let one = faults.first.map { $0.pointer.isEmpty ? $0.message : "\($0.pointer): \($0.message)" } ?? ""
        let detail = faults.count == 1 ? one : "the rollup has \(faults.count) faults; errors names each"
        return Fault(.invalidRollup, detail, errors: faults)
    }
}

/// The part of a store's state that rollups are in.
protocol RollupBoundary {
    var rollups: [String: RollupState] { get }
    func coldTable(_ name: String) -> ColdTable?
    /// - Returns: the one in whose place it is.
    @discardableResult
    func set(_ rollup: RollupState?, named name: String) -> RollupState?
}
