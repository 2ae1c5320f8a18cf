import ColumnStore
package import Documents
import Query
import Synchronization

/// The document types of the store: in force (the registry), on disk (the catalog), and their tables' columns.
///
/// A version passes three places in this order: the catalog, durable; the tables' columns; the registry, from which on documents are taken by it. What it hides is
/// hidden before the first of them.
/// A crash in between is made good by the next start, which reads the catalog. Built-in types that a start finds missing go to the catalog together, last:
/// nobody has the store yet.
package final class TypeStore: Sendable {
    package let registry = TypeRegistry()
    private let catalog: Catalog
    private let registrars: Set<String>
    private let bindingSeconds: Double
    private let tables: TableColumns
    private let typeTables: TypeTables
    private let lastPlace: Atomic<Int64>
    /// The newest version of each type that ever was; changes go one at a time.
    private let stored: Mutex<[String: StoredType]>

    /// Puts every type in force that is not deleted, built-in ones that the store does not know yet among them.
    ///
    /// - Throws: `TypeFileError` when a stored type cannot be compiled any more: this program is older than the store.
    /// - Parameters:
    ///   - typeTables: gets the tables of all versions.
    ///   - registrars: those that a type may register with.
    ///   - bindingSeconds: for the expressions of a type that is put.
    ///   - isReading: the catalog is another's: what it does not have is not put into it.
    ///   - files: columns of files that the catalog does not know yet.
    init(
        catalog: Catalog, tables: TableColumns, typeTables: TypeTables = TypeTables(), registrars: Set<String> = [], bindingSeconds: Double = 60,
        isReading: Bool = false, beside files: TableColumns = TableColumns()
    ) throws {
        (self.registrars, self.bindingSeconds) = (registrars, bindingSeconds)
        self.catalog = catalog
        (self.tables, self.typeTables) = (tables, typeTables)
        var place = try catalog.lastTypePlace()
        var stored: [String: StoredType] = [:]
        var sensitive = SensitiveColumns()
        var tablesOfTypes: [String: Set<String>] = [:]
        for file in try catalog.earlierTypeFiles() {
            tablesOfTypes[file.name, default: []].insert(try Self.table(ofFile: file.json))
            try sensitive.add(file: file.json, place: file.place)
        }
        for type in try catalog.newestTypes() {
            stored[type.name] = type
            // Of one with several versions they were all among the others, the first one first.
            guard tablesOfTypes[type.name] == nil else { continue }
            try sensitive.add(file: type.json, compiled: try? CompiledTypes.type(type.name, json: type.json, isKept: true), place: type.place)
        }
        lastPlace = Atomic(place)
        self.stored = Mutex(stored)
        self.sensitive = Mutex(sensitive)
        for (name, own) in tablesOfTypes { typeTables.add(own, of: name) }
        for type in stored.values.sorted(by: { $0.name < $1.name }) where !type.isDeleted {
            let compiled = try CompiledTypes.type(type.name, json: type.json, isKept: true)
            try registry.put(compiled)
            tables.add(Self.columns(of: compiled), to: TableName.stored(compiled))
        }
        var added: [NewType] = []
        for file in isReading ? [] : BuiltInTypes.files {
            let json = Array(file.json.utf8)
            let known = stored[file.name]
            // A type of that name that a user has put is kept as it is; a deleted one stays deleted.
            if let known, known.isDeleted || !known.isBuiltIn { continue }
            let compiled = try CompiledTypes.type(file.name, json: json)
            if let known, known.version >= compiled.version { continue }
            // Users' types may have made other columns of those names, which stay for good: the store opens without that version, and asks again at each start.
            let own = place.addingSaturating(1)
            do {
                added.append(try checked(compiled, json: json, isBuiltIn: true, at: own, beside: files.columns(of: TableName.stored(compiled))))
            } catch let error as TypeFileError {
                noteLeftOut(compiled, inForce: known, error)
                continue
            }
            place = own
            self.sensitive.withLock { $0.add(compiled, place: own) }
            try take(compiled, json: json, isBuiltIn: true, at: own)
        }
        try catalog.put(added)
    }

    /// Says what is in the way of a built-in type, and what can be done.
    private func noteLeftOut(_ type: DocumentType, inForce known: StoredType?, _ error: TypeFileError) {
        let reasons = error.reasons.map { "\($0.pointer): \($0.message)" }.joined(separator: "; ")
        let left = known.map { "version \($0.version) stays in force" } ?? "the store goes without it"
        StoreLog.note(
            "a built-in type does not fit its table", path: catalog.path,
            reason: "\(type.name), version \(type.version), of the table \(type.table): \(reasons); \(left): to have what is new in it, put its file with another name for that column",
            level: .warning)
    }

    /// What a type adds to its table.
    ///
    /// The store's own columns come first.
    private static func columns(of type: DocumentType) -> [Field] { VersionColumns.fields(of: TableName.stored(type)) + type.layout.fields }

    /// A table is of its kind forever, whatever became of the types that made it. So is a type, whatever tables its versions have: what a document is, and when it
    /// comes again, kinds say differently, so that no answer would fit one that both have.
    private func kindConflicts(of type: TypeFile) -> [Fault.Violation] {
        var reasons = TableKind.all.filter { $0 !== type.tableKind && tables.contains($0.storedName(of: type.table)) }.map { kind in
            Fault.Violation(pointer: "/on_repeat", code: "column-conflict", message: "the table \(type.table) \(kind.statement): on_repeat is \(kind.word)")
        }
        // Only the version before is asked: a type that has been of both kinds goes on with the one that it has now.
        if let before = stored.withLock({ $0[type.name] }), let table = try? Self.table(ofFile: before.json), TableName.kind(of: table) !== type.tableKind {
            let kind = TableName.kind(of: table)
            let message = "the type's table was \(TableName.shown(table)), which \(kind.statement): on_repeat stays \(kind.word); for another kind of table take a type of another name"
            reasons.append(.init(pointer: "/on_repeat", code: "column-conflict", message: message))
        }
        return reasons
    }

    /// What the tables of the store, and the types that are in force, have against a file.
    ///
    /// Nothing that few may see in a table is seen by others through one of its types.
    private func conflicts(of type: TypeFile) -> [Fault.Violation] {
        let table = TableName.stored(type)
        var reasons = kindConflicts(of: type)
        reasons.append(contentsOf: ColumnAgreement.conflicts(of: type, with: tables.columns(of: table), owner: "the table \(type.table)"))
        reasons.append(contentsOf: registry.sensitiveConflicts(of: type))
        reasons.append(contentsOf: ColumnAgreement.conflicts(of: type, withSensitive: sensitiveColumns.paths(of: type.table)))
        reasons.append(contentsOf: sensitiveColumns.conflicts(ofVersion: type))
        reasons.append(contentsOf: registry.conflicts(of: type))
        // Of a place one word is enough.
        var told: Set<String> = []
        return reasons.filter { told.insert($0.pointer).inserted }
    }

    /// - Precondition: `changing` is held, or nobody else has the store yet.
    /// - Throws: `TypeFileError` with what the tables have against it.
    private func keep(_ type: DocumentType, json: [UInt8]) throws {
        // Versions are put one at a time.
        let place = try catalog.lastTypePlace().addingSaturating(1)
        let version = try checked(type, json: json, isBuiltIn: false, at: place)
        let before = sensitiveColumns
        // Before the catalog has it: nobody sees a value of it by the rules of the one before, and nothing that shows what
        // it hides is made behind that place.
        sensitive.withLock { $0.add(type, place: place) }
        do {
            try catalog.put([version])
        } catch {
            // Where nobody knows whether the catalog has it, it stays hidden until a start has looked.
            if (error as? SQLiteError)?.leavesDoubt != true { sensitive.withLock { $0 = before } }
            throw error
        }
        try take(type, json: json, isBuiltIn: false, at: place)
    }

    /// What the catalog is to have of a version.
    ///
    /// - Parameter others: columns that the table has besides, in files.
    /// - Throws: as `keep`.
    private func checked(_ type: DocumentType, json: [UInt8], isBuiltIn: Bool, at place: Int64, beside others: [Field] = []) throws -> NewType {
        let table = TableName.stored(type)
        let conflicts = [conflicts(of: type.file), ColumnAgreement.conflicts(of: type.file, with: others, owner: "files of the table \(type.table)")].joined()
        guard conflicts.isEmpty else { throw TypeFileError(reasons: Array(conflicts)) }
        guard let columns = SchemaEncoding.merged(tables.columns(of: table), adding: Self.columns(of: type)) else {
            throw TypeFileError(reasons: [.init(pointer: "/columns", code: "column-conflict", message: "columns of the table have other types")])
        }
        return NewType(name: type.name, version: type.version, json: json, isBuiltIn: isBuiltIn, table: table, columns: columns, place: place)
    }

    /// From here on documents are taken by it.
    ///
    /// - Precondition: what it hides is hidden.
    private func take(_ type: DocumentType, json: [UInt8], isBuiltIn: Bool, at place: Int64) throws {
        let table = TableName.stored(type)
        // The table has the columns before the first receipt can bring them.
        tables.add(Self.columns(of: type), to: table)
        // Before the new version takes anything: with the table of the one that was in force.
        if let former = stored.withLock({ $0[type.name] }) { typeTables.add([try Self.table(ofFile: former.json), table], of: type.name) }
        try registry.put(type)
        stored.withLock {
            $0[type.name] = StoredType(name: type.name, version: type.version, json: json, isDeleted: false, isBuiltIn: isBuiltIn, place: place)
        }
        lastPlace.store(place, ordering: .sequentiallyConsistent)
    }

    /// Of the last version in force: what is made by whoever has asked for it first is behind that version, and before any that it was not made by.
    var place: Int64 { lastPlace.load(ordering: .sequentiallyConsistent) }

    /// Of all versions of all types, deleted ones too.
    private let sensitive: Mutex<SensitiveColumns>

    /// What few may see, as of now.
    var sensitiveColumns: SensitiveColumns { sensitive.withLock { $0 } }

    /// Whether there is, or was, a type of that name.
    func isKnown(_ name: String) -> Bool { stored.withLock { $0[name] != nil } }

    /// The stored table of a type file that need not be compiled.
    private static func table(ofFile json: [UInt8]) throws -> String {
        try json.withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { tape in
                func text(_ name: String) -> String? { tape.member(name, of: 0).flatMap { tape[$0].kind == .string ? tape.string(of: $0) : nil } }
                let table = text("table") ?? "receipts"
                return (text("on_repeat").flatMap(TableKind.named) ?? .unlessSaid).storedName(of: table)
            }
        }
    }

    /// Held for a whole change; `stored` is locked for looks alone.
    private let changing = Mutex(())

    /// The same file again changes nothing, however it is written (order of members, blanks).
    ///
    /// - Throws: `Fault`: invalid-type with every reason, version-conflict.
    package func put(name: String, json: [UInt8]) throws -> PutOutcome {
        try changing.withLock { _ in
            let known = stored.withLock { $0[name] }
            if let known, !known.isDeleted, Self.isSameFile(known.json, json) { return .unchanged }
            let next = (known?.version ?? 0) + 1
            let type: DocumentType
            do {
                let reading = try TypeFileReading(json)
                do throws(TypeFileError) { type = try compiled(reading, name: name) } catch {
                    // Told with whatever else is wrong; alone it is a conflict of its own.
                    let isWrong = reading.isSound(["version"]) && reading.file.version != next
                    throw TypeFileError(reasons: error.reasons + (isWrong ? [.init(pointer: "/version", code: "version-conflict", message: "must be \(next)")] : []))
                }
            } catch let error as TypeFileError {
                throw Self.problem(error)
            }
            guard type.version == next else {
                let present = known.map { $0.isDeleted ? "its last version was \($0.version)" : "its present version is \($0.version)" }
                throw Fault(
                    .versionConflict, "the next version of the type \(name) is \(next)\(present.map { ", since \($0)" } ?? ""); the file says \(type.version)",
                    errors: [.init(pointer: "/version", code: "version-conflict", message: "must be \(next)")])
            }
            do {
                try keep(type, json: json)
            } catch let error as TypeFileError {
                throw Self.problem(error)
            }
            return known == nil || known?.isDeleted == true ? .created : .replaced
        }
    }

    /// - Throws: every reason against it, but for its version.
    private func compiled(_ reading: TypeFileReading, name: String) throws(TypeFileError) -> DocumentType {
        try reading.compiled(cancellation: Cancellation(timeLimitSeconds: bindingSeconds, ending: "binding the type's expressions")) { file in
            // What has no columns that can be read is in conflict with nothing.
            faults(of: file, name: name) + (reading.isSound(["table", "format", "on_repeat", "columns"]) ? conflicts(of: file) : [])
        }
    }

    /// What is wrong with a type file, its version left aside.
    func faults(name: String, json: [UInt8]) -> [Fault.Violation] {
        do throws(TypeFileError) {
            _ = try compiled(TypeFileReading(json), name: name)
            return []
        } catch { return error.reasons }
    }

    /// The file of a type's newest version, deleted or not.
    ///
    /// Nil for a name that never had one.
    func newestFile(of name: String) -> [UInt8]? { stored.withLock { $0[name]?.json } }

    /// Whether both say the same; how they are written is left to whoever sends them.
    private static func isSameFile(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        if one == other { return true }
        let (reader, otherReader) = (JSONReader(), JSONReader())
        return one.withUnsafeBytes { bytes in
            other.withUnsafeBytes { otherBytes in
                guard let tape = try? reader.tape(of: bytes), let otherTape = try? otherReader.tape(of: otherBytes) else { return false }
                defer { withExtendedLifetime((reader, otherReader)) {} }
                return JSONEquality.areEqual(tape, 0, otherTape, 0)
            }
        }
    }

    /// What the store has against a file, beside what is wrong in itself.
    private func faults(of type: TypeFile, name: String) -> [Fault.Violation] {
        var reasons: [Fault.Violation] = []
        if type.name != name {
            reasons.append(.init(pointer: "/name", code: "wrong-name", message: "the file's name \"\(type.name)\" is not that of the call, \"\(name)\""))
        }
        for (stage, names) in type.register.enumerated() {
            for (place, registrar) in names.enumerated() where !registrars.contains(registrar) {
                reasons.append(
                    .init(
                        pointer: "/register/\(stage)/\(place)", code: "unknown-registrar",
                        message: "the registrar \"\(registrar)\" is not configured: no receipt may wait for it"))
            }
        }
        if type.register.reduce(0, { $0 + $1.count }) > ProcessKey.stepCountMax {
            reasons.append(.init(pointer: "/register", code: "too-many", message: "at most \(ProcessKey.stepCountMax) registrars"))
        }
        // Of what is put from now on: a file that is stored already stays in force.
        reasons.append(contentsOf: type.descriptionFaults)
        reasons.append(contentsOf: type.idleMembers)
        return reasons
    }

    private static func problem(_ error: TypeFileError) -> Fault {
        let count = error.reasons.count
        let detail = count == 1 ? "the type file has a fault: \(error.reasons[0].message)" : "the type file has \(count) faults"
        return Fault(.invalidType, detail, errors: error.reasons)
    }

    /// No document is taken by it from then on; its rows, its versions and its table's columns stay.
    ///
    /// - Throws: `Fault` not-found.
    package func delete(name: String) throws {
        try changing.withLock { _ in
            guard let known = stored.withLock({ $0[name] }), !known.isDeleted else {
                throw Fault.absent(.type(name))
            }
            try catalog.deleteType(name: name)
            _ = registry.remove(name)
            stored.withLock {
                $0[name] = StoredType(
                    name: known.name, version: known.version, json: known.json, isDeleted: true, isBuiltIn: known.isBuiltIn, place: known.place)
            }
        }
    }

    /// Types in force as they were put, by the bytes of their names: those behind `name` and, where there is a list, in it.
    ///
    /// - Complexity: O(`limit` + log n), or O(n) where there is a list; no file but those of the result is looked at.
    package func descriptions(after name: String?, limit: Int, among names: [String]?) -> [TypeDescription] {
        let types = registry.snapshot.types
        let start = name.map { name in types.partitioningIndex { name.utf8.lexicographicallyPrecedes($0.name.utf8) } } ?? 0
        let wanted = names.map(Set.init)
        return types[start...].lazy.filter { wanted?.contains($0.name) ?? true }.prefix(limit).map(describe)
    }

    package func description(of name: String) -> TypeDescription? {
        registry.snapshot[name].flatMap { $0.name.hasSameBytes(as: name) ? describe($0) : nil }
    }

    private func describe(_ type: DocumentType) -> TypeDescription {
        TypeDescription(
            name: type.name, version: type.version, table: type.table, format: type.format.rawValue,
            json: stored.withLock { $0[type.name]?.json } ?? [])
    }

    /// Columns with `bloom` of any type of the table.
    func bloomPaths(of table: String) -> Set<ColumnPath> {
        Set(registry.snapshot.types.filter { TableName.stored($0) == table }.flatMap(\.bloomPaths))
    }
}
