package import ColumnStore

/// What few may see of every table: columns that any version of any of its types calls sensitive, and the documents of those types.
///
/// Nothing is ever taken back: rows stay, whatever becomes of the types that took them.
///
/// Made of all type files that the catalog keeps, deleted types too, when the store opens, and added to when a type is put
/// (`docs/decisions/0036-sensitive-columns.md`).
///
/// Invariants:
/// 1. Nothing is removed: a column, a type or a document that was hidden once stays hidden.
/// 2. A path is of a scalar, a list as a whole, or a member of a list (`ColumnPath`).
package struct SensitiveColumns: Sendable {
    /// By table, as callers name it.
    private var paths: [String: Set<ColumnPath>] = [:]
    /// Types whose documents hold sensitive values, and since when that is said of them.
    private var types: [String: Int64] = [:]
    /// All types that a table ever had, sensitive or not.
    private var typesOfTables: [String: Set<String>] = [:]
    /// When something was last hidden that was seen before.
    ///
    /// Nil where that never was. Answers that were made before may show what is hidden since.
    package private(set) var grewAt: Int64?
    /// By type: where each of its versions that had any found them.
    private var versions: [String: [SensitivePaths]] = [:]

    package init() {}

    package var isEmpty: Bool { types.isEmpty }

    /// - Parameter time: since when, in microseconds since 1970: when the version was put.
    package mutating func add(_ type: DocumentType, at time: Int64) {
        add(type.name, of: type.table, type.sensitivePaths, isSensitive: type.isSensitive, at: time)
        if type.isSensitive { versions[type.name, default: []].append(type.sensitive) }
    }

    /// Why a new version of a type is refused: it would show under another name what an earlier one hides.
    ///
    /// - Returns: the reasons of the first version that the new one reads from; none for none.
    package func conflicts(ofVersion type: TypeFile) -> [Fault.Violation] {
        versions[type.name]?.lazy.map { $0.reasons(ofLater: type) }.first { !$0.isEmpty } ?? []
    }

    /// Adds a version of a type by its file, which may be of an earlier day and need not compile any more.
    ///
    /// What is called sensitive is then taken from the file as it is written, without a compiled type.
    ///
    /// - Parameter compiled: the type of that file, where it is compiled already.
    /// - Throws: for what is no JSON.
    package mutating func add(file json: [UInt8], compiled: DocumentType? = nil, at time: Int64) throws {
        if let type = compiled ?? (try? DocumentType(kept: json)), type.isSensitive { return add(type, at: time) }
        try json.withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { tape in
                func text(_ name: String) -> String? { tape.member(name, of: 0).flatMap { tape[$0].kind == .string ? tape.string(of: $0) : nil } }
                var paths: [ColumnPath] = []
                func isSensitive(_ node: Int) -> Bool { tape.member("sensitive", of: node).map { tape[$0].kind == .true } ?? false }
                func name(_ node: Int) -> String { String(decoding: tape.name(of: node), as: UTF8.self) }
                if let columns = tape.member("columns", of: 0), tape[columns].kind == .object {
                    for column in tape.children(of: columns) where tape[column].kind == .object {
                        if isSensitive(column) { paths.append(ColumnPath(name(column))) }
                        guard let members = tape.member("columns", of: column), tape[members].kind == .object else { continue }
                        for member in tape.children(of: members) where tape[member].kind == .object && isSensitive(member) {
                            paths.append(ColumnPath([name(column), name(member)]))
                        }
                    }
                }
                add(text("name") ?? "", of: text("table") ?? "receipts", paths, isSensitive: !paths.isEmpty, at: time)
            }
        }
    }

    /// The earliest time counts: a type put twice is sensitive since the first.
    private mutating func add(_ type: String, of table: String, _ added: [ColumnPath], isSensitive: Bool, at time: Int64) {
        // Of a type that is new nobody has seen anything.
        let isNew = typesOfTables[table, default: []].insert(type).inserted
        if !isNew, !(paths[table] ?? []).isSuperset(of: added) { grewAt = max(grewAt ?? .min, time) }
        if !added.isEmpty { paths[table, default: []].formUnion(added) }
        if isSensitive { types[type] = min(types[type] ?? .max, time) }
    }

    /// Adds columns of a table that the store makes itself, which hold whatever its rows are made of; not where types have a table of that name.
    package mutating func hide(_ columns: Set<ColumnPath>, of table: String) {
        if typesOfTables[table] == nil { paths[table, default: []].formUnion(columns) }
    }

    /// Those that have some.
    package var tables: [String] { paths.keys.sorted() }

    /// The sensitive columns of a table, and members of its lists.
    ///
    /// Empty for a table that has none, and for one that does not exist.
    package func paths(of table: String) -> Set<ColumnPath> { paths[table] ?? [] }

    /// Types of a table whose documents anybody may see; nil where that is so of all.
    ///
    /// For a mask that shows documents of these types only.
    package func openTypes(of table: String) -> Set<String>? {
        let all = typesOfTables[table] ?? []
        let open = all.filter { types[$0] == nil }
        return open.count == all.count ? nil : open
    }

    package func isSensitive(type: String) -> Bool { types[type] != nil }

    /// Since when documents of a type, or for nil of no known type, hold sensitive values; nil where they hold none.
    ///
    /// In microseconds since 1970. A document of no known type may be of any, so it is hidden since the first.
    package func start(ofType type: String?) -> Int64? {
        guard let type else { return types.values.min() }
        return types[type]
    }
}
