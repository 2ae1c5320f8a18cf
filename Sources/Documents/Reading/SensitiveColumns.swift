package import ColumnStore
internal import Synchronization

/// What few may see of every table: columns that any version of any of its types calls sensitive, and the documents of those types and of all others of the table
/// that ever had such a column.
///
/// Nothing is ever taken back: rows stay, whatever becomes of the types that took them.
///
/// Made of all type files that the catalog keeps, deleted types too, when the store opens, and added to when a type is put
/// (`docs/decisions/0036-sensitive-columns.md`).
///
/// Invariants:
/// 1. Nothing is removed: a column, a type or a document that was hidden once stays hidden.
/// 2. A path is of a scalar, a list as a whole, or a member of a list (`ColumnPath`).
/// 3. The order in which versions are added changes nothing, but for what `conflicts(ofVersion:)` finds first: a start goes through them by their names.
/// 4. What was first is told by the places of versions in the order in which they were put, by no clock: that may be set back.
package struct SensitiveColumns: Sendable {
    /// By table, as callers name it, and since which version.
    private var paths: [String: [ColumnPath: Int64]] = [:]
    /// Types whose documents hold sensitive values, and since which version that is said of them, or of a column that they had.
    private var types: [String: Int64] = [:]
    /// Since which there is a version of a type that calls nothing sensitive.
    private var firstOpen: [String: Int64] = [:]
    /// By table, all types that it ever had, sensitive or not: what a version of them has without calling it sensitive, and since which.
    private var plain: [String: [String: [ColumnPath: Int64]]] = [:]
    /// Of this state and its copies.
    private var memo = Memo()
    /// By type: where each of its versions that had any found them.
    private var versions: [String: [SensitivePaths]] = [:]

    package init() {}

    package var isEmpty: Bool { types.isEmpty }

    /// - Parameter place: of the version, in the order in which all were put.
    package mutating func add(_ type: DocumentType, place: Int64) {
        add(type.name, of: type.table, type.sensitivePaths, among: Self.leaves(of: type.file), isSensitive: type.isSensitive, place: place)
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
    /// What it has, and what of that is called sensitive, is then taken from the file as it is written, without a compiled type.
    ///
    /// - Parameter compiled: the type of that file, where it is compiled already.
    /// - Throws: for what is no JSON.
    package mutating func add(file json: [UInt8], compiled: DocumentType? = nil, place: Int64) throws {
        if let type = compiled ?? (try? DocumentType(kept: json)) { return add(type, place: place) }
        try json.withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { tape in
                func text(_ name: String) -> String? { tape.member(name, of: 0).flatMap { tape[$0].kind == .string ? tape.string(of: $0) : nil } }
                var (paths, leaves): ([ColumnPath], [ColumnPath]) = ([], [])
                func isSensitive(_ node: Int) -> Bool { tape.member("sensitive", of: node).map { tape[$0].kind == .true } ?? false }
                func isStored(_ node: Int) -> Bool { tape.member("stored", of: node).map { tape[$0].kind != .false } ?? true }
                func name(_ node: Int) -> String { String(decoding: tape.name(of: node), as: UTF8.self) }
                if let columns = tape.member("columns", of: 0), tape[columns].kind == .object {
                    for column in tape.children(of: columns) where tape[column].kind == .object {
                        let path = ColumnPath(name(column))
                        if isSensitive(column) { paths.append(path) }
                        if isStored(column) { leaves.append(path) }
                        guard let members = tape.member("columns", of: column), tape[members].kind == .object else { continue }
                        for member in tape.children(of: members) where tape[member].kind == .object {
                            let inner = ColumnPath(path.names + [name(member)])
                            if isSensitive(member) { paths.append(inner) }
                            if isStored(column), isStored(member) { leaves.append(inner) }
                        }
                    }
                }
                add(text("name") ?? "", of: text("table") ?? "receipts", paths, among: leaves, isSensitive: !paths.isEmpty, place: place)
            }
        }
    }

    /// The first place counts: a type put twice is sensitive since the first.
    ///
    /// - Parameter leaves: all that the version brings to the table.
    private mutating func add(_ type: String, of table: String, _ added: [ColumnPath], among leaves: [ColumnPath], isSensitive: Bool, place: Int64) {
        let said = Set(added)
        let isNews = added.contains { path in paths[table]?[path].map { place < $0 } ?? true }
        for path in added { Self.note(path, place, in: &paths[table, default: [:]]) }
        // One without any is a type of the table, too.
        var own = plain[table]?[type] ?? [:]
        for leaf in leaves where !Self.places(of: leaf).contains(where: said.contains) { Self.note(leaf, place, in: &own) }
        plain[table, default: [:]][type] = own
        if isSensitive { Self.note(type, place, in: &types) } else { Self.note(type, place, in: &firstOpen) }
        memo = Memo()
        settle(table, (paths[table] ?? [:]).keys.map { $0 }, [type: own])
        if isNews { settle(table, added, plain[table] ?? [:]) }
    }

    /// Hides the documents of all types that ever had what their table hides, whichever of the two came first: O(these columns × these types).
    ///
    /// A type that is put later, with a column that the table hides, has to call it sensitive (`ColumnAgreement`): only files that were kept before that was a rule do not. But a start goes
    /// through versions by the names of their types, and finds the one or the other first.
    ///
    /// - Parameters:
    ///   - hidden: those that may hide something more: all for a type that has come, what has come for all types.
    ///   - plain: of these types.
    private mutating func settle(_ table: String, _ hidden: [ColumnPath], _ plain: [String: [ColumnPath: Int64]]) {
        // Whoever has a member of a list has the list.
        for path in hidden {
            guard let hiddenBy = hiddenBy(path, of: table) else { continue }
            for (type, leaves) in plain {
                if let shownBy = leaves[path] { Self.note(type, max(hiddenBy, shownBy), in: &types) }
            }
        }
    }

    /// Since which version a column is hidden, by itself or with its list.
    private func hiddenBy(_ path: ColumnPath, of table: String) -> Int64? {
        paths[table].flatMap { hidden in Self.places(of: path).compactMap { hidden[$0] }.min() }
    }

    /// The last version that has hidden something that was seen before: a column that a type had shown, or documents of a type.
    ///
    /// Nil where none has. Answers that were made before may show what is hidden since. Of a type that is new nobody has seen anything, so that it counts for what it hides of others only.
    ///
    /// - Complexity: O(hidden columns × types), of all tables, once for each state: every export that is shown asks.
    package var grewWith: Int64? {
        memo.grewWith.withLock { known in
            if known == nil { known = .some(computedGrowth()) }
            return known ?? nil
        }
    }

    /// What was worked out of a state that does not change any more.
    private final class Memo: Sendable {
        /// Nil where nobody has asked.
        let grewWith = Mutex<Int64??>(nil)
    }

    private func computedGrowth() -> Int64? {
        var last: Int64?
        func note(_ hiddenBy: Int64, _ shownBy: Int64?) {
            if let shownBy, shownBy <= hiddenBy { last = max(last ?? hiddenBy, hiddenBy) }
        }
        for (table, hidden) in paths {
            for path in hidden.keys {
                guard let hiddenBy = hiddenBy(path, of: table) else { continue }
                for leaves in (plain[table] ?? [:]).values { note(hiddenBy, leaves[path]) }
            }
        }
        for (type, hiddenBy) in types { note(hiddenBy, firstOpen[type]) }
        return last
    }

    private static func note<Key: Hashable>(_ key: Key, _ place: Int64, in places: inout [Key: Int64]) { places[key] = min(places[key] ?? place, place) }

    /// Where it may be said that a leaf is sensitive: of itself, or of its list.
    private static func places(of leaf: ColumnPath) -> [ColumnPath] { leaf.names.count == 1 ? [leaf] : [leaf, ColumnPath(leaf.names[0])] }

    /// The stored columns, and the stored members of lists.
    private static func leaves(of file: TypeFile) -> [ColumnPath] {
        file.columns.filter(\.isStored).flatMap { column in
            [ColumnPath(column.name)] + column.members.filter(\.isStored).map { ColumnPath([column.name, $0.name]) }
        }
    }

    /// Adds columns of a table that the store makes itself, which hold whatever its rows are made of; not where types have a table of that name.
    package mutating func hide(_ columns: Set<ColumnPath>, of table: String) {
        guard plain[table] == nil else { return }
        memo = Memo()
        for path in columns { Self.note(path, 0, in: &paths[table, default: [:]]) }
    }

    /// Those that have some.
    package var tables: [String] { paths.keys.sorted() }

    /// The sensitive columns of a table, and members of its lists.
    ///
    /// Empty for a table that has none, and for one that does not exist.
    package func paths(of table: String) -> Set<ColumnPath> { Set((paths[table] ?? [:]).keys) }

    /// Types of a table whose documents anybody may see; nil where that is so of all.
    ///
    /// For a mask that shows documents of these types only.
    package func openTypes(of table: String) -> Set<String>? {
        let all = Set((plain[table] ?? [:]).keys)
        let open = all.filter { types[$0] == nil }
        return open.count == all.count ? nil : open
    }

    package func isSensitive(type: String) -> Bool { types[type] != nil }

    /// Since which version documents of a type, or for nil of no known type, hold sensitive values; nil where they hold none.
    ///
    /// A document of no known type may be of any, so it is hidden since the first.
    package func start(ofType type: String?) -> Int64? {
        guard let type else { return types.values.min() }
        return types[type]
    }
}
