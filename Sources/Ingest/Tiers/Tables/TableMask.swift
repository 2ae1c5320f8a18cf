import ColumnStore
import Documents

/// What of a table's columns is NULL for those who may not see sensitive values.
///
/// Made for one principal and one table, of what types say is sensitive (`SensitiveColumns`).
struct TableMask: Sendable {
    /// Columns without any value: sensitive scalars and lists, and what a document tells where all of the table's types are sensitive.
    private(set) var columns: Set<String>
    /// Members of lists.
    private(set) var members: [String: Set<String>] = [:]
    /// Types whose documents are shown, where there are other ones too.
    let openTypes: Set<String>?

    /// What a document tells: its hash finds a value out, and registrars may quote one.
    static let ofDocument: Set<String> = ["document", "document_sha256", "history"]

    /// - Parameter table: as it is stored.
    /// - Returns: nil where there is nothing to hide.
    init?(_ sensitive: SensitiveColumns, table: String) {
        let name = TableName.shown(table)
        let paths = sensitive.paths(of: name)
        let open = sensitive.openTypes(of: name)
        if paths.isEmpty, open == nil { return nil }
        columns = Set(paths.filter { $0.names.count == 1 }.map { $0.names[0] })
        for path in paths where path.names.count > 1 && !columns.contains(path.names[0]) { members[path.names[0], default: []].insert(path.names[1]) }
        openTypes = open?.isEmpty ?? true ? nil : open
        if open?.isEmpty ?? false { columns.formUnion(Self.ofDocument) }
    }

    /// Whether a column's value depends on the row's type.
    func isByType(_ column: String) -> Bool { openTypes != nil && Self.ofDocument.contains(column) }

    /// Whether anything that a path leads to is not as it is stored.
    ///
    /// - Parameter path: of a column or a member.
    /// - Complexity: O(1).
    func touches(_ path: ColumnPath) -> Bool {
        guard let name = path.names.first else { return false }
        if columns.contains(name) || isByType(name) { return true }
        guard let members = members[name] else { return false }
        return path.names.count == 1 || members.contains(path.names[1])
    }

    /// Nothing of it can be read out of what this leaves: values are gone, not marked.
    ///
    /// - Parameters:
    ///   - column: of `field`; of a list it may have some of the members.
    ///   - types: of the rows, where the column goes by them.
    /// - Returns: a column of the same type and count; the same one where nothing of it is sensitive.
    func masked(_ column: Column, _ name: String, types: Column?) -> Column {
        if columns.contains(name) { return .constant(.null, type: column.type, count: column.count) }
        if isByType(name) { return masked(column, byType: types) }
        guard let members = members[name] else { return column }
        return Self.masked(column, members)
    }

    /// - Parameter types: nil where they are not known: all is masked then.
    private func masked(_ column: Column, byType types: Column?) -> Column {
        guard let types, let openTypes else { return .constant(.null, type: column.type, count: column.count) }
        var builder = ColumnBuilder(type: column.type)
        for row in 0..<column.count {
            if case .bytes(let type) = types.value(at: row), openTypes.contains(String(decoding: type, as: UTF8.self)) {
                builder.append(column.value(at: row))
            } else {
                builder.appendNull()
            }
        }
        return builder.finish()
    }

    private static func masked(_ column: Column, _ members: Set<String>) -> Column {
        let flat = column.flattened()
        guard case .list(let offsets, let element) = flat.values, case .structure(let parts) = element.values,
            case .structure(let fields) = element.type
        else { return .constant(.null, type: column.type, count: column.count) }
        let shown = zip(fields, parts).map { field, part in
            members.contains(field.name) ? nulls(field.type, part.count) : part
        }
        let rows = Column(type: element.type, count: element.count, validity: element.validity, values: .structure(shown))
        return Column(type: flat.type, count: flat.count, validity: flat.validity, values: .list(offsets: offsets, element: rows))
    }

    private static func nulls(_ type: ColumnType, _ count: Int) -> Column { Column.constant(.null, type: type, count: count).flattened() }

    /// A column of a list as a reader of its open members gave it, with the sensitive ones as NULL beside them.
    ///
    /// - Parameter type: the list with all of its members.
    static func completed(_ column: Column, to type: ColumnType) -> Column {
        let flat = column.flattened()
        guard case .list(let offsets, let element) = flat.values, case .structure(let parts) = element.values,
            case .structure(let own) = element.type, case .list(var field) = type, case .structure(let wanted) = field.type
        else { return .constant(.null, type: type, count: column.count) }
        let members = wanted.map { member in
            own.firstIndex { $0.name == member.name }.map { parts[$0] } ?? nulls(member.type, element.count)
        }
        field.type = .structure(wanted)
        let rows = Column(type: field.type, count: element.count, validity: element.validity, values: .structure(members))
        return Column(type: .list(element: field), count: flat.count, validity: flat.validity, values: .list(offsets: offsets, element: rows))
    }

    /// A row or rows of a whole table.
    func masked(_ batch: ColumnBatch, _ schema: Schema) -> ColumnBatch {
        let types = schema.index(of: "type").map { batch.columns[$0] }
        return ColumnBatch(
            rowCount: batch.rowCount, columns: zip(schema.fields, batch.columns).map { field, column in masked(column, field.name, types: types) })
    }

    /// A value of a column, taken out of its row; `nil` as type where the row's is sensitive or not known.
    func masked(_ value: Value, _ field: Field) -> Value {
        if columns.contains(field.name) || isByType(field.name) { return .null }
        guard let hidden = members[field.name] else { return value }
        guard case .list(let rows) = value, case .list(let element) = field.type, case .structure(let fields) = element.type else { return .null }
        return .list(
            rows.map { row in
                guard case .structure(let values) = row else { return .null }
                return .structure(zip(fields, values).map { hidden.contains($0.name) ? .null : $1 })
            })
    }
}
