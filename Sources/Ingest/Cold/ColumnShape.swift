import ColumnStore

/// Which columns a scan needs, and of nested ones which members: the request's paths against the table's schema.
///
/// Example: of `lines.price`, `state`, `lines.name` there are two entries, `lines`, a list of structures with the two members, and `state`.
struct ColumnShape: Sendable {
    struct Entry: Sendable {
        let name: String
        /// Of a nested column only the members wanted, in the table's order.
        let type: ColumnType
        /// As paths, for a reader of files.
        let paths: [ColumnPath]
    }

    /// One for each top-level name, in the order of first mention.
    private(set) var entries: [Entry] = []

    /// - Throws: `.invalidRequest` for a path that the table has not.
    init(_ paths: [ColumnPath], schema: Schema) throws(ColumnStoreError) {
        var names: [String] = []
        var members: [String: [[String]]] = [:]
        for path in paths {
            guard let name = path.names.first, schema.field(at: path) != nil else {
                throw ColumnStoreError(.invalidRequest, column: path.description, "the table has no such column")
            }
            if members[name] == nil { names.append(name) }
            members[name, default: []].append(Array(path.names.dropFirst()))
        }
        for name in names {
            guard let field = schema[name], let wanted = members[name] else { continue }
            let type = wanted.contains([]) ? field.type : Self.narrowed(field.type, wanted)
            let paths = wanted.contains([]) ? [ColumnPath(name)] : wanted.map { ColumnPath([name] + $0) }
            entries.append(Entry(name: name, type: type.withoutIDs, paths: paths))
        }
    }

    func index(of name: String) -> Int? { entries.firstIndex { $0.name == name } }

    /// What to read of a piece that is older than the table: of the columns that it has all that is wanted, members that it lacks too.
    ///
    /// Without those a list of which only such members are wanted would not be read at all, and lose its elements: by `knownTo` the reader takes its shape from a leaf
    /// that is there.
    func paths(in older: Schema) -> [ColumnPath] { entries.filter { older.index(of: $0.name) != nil }.flatMap(\.paths) }

    /// An older schema with the members that are wanted of its columns and that it lacks.
    func knownTo(_ older: Schema) -> Schema {
        var fields = older.fields
        for entry in entries {
            if let place = older.index(of: entry.name) { fields[place].type = Self.joined(fields[place].type, entry.type) }
        }
        return Schema(fields)
    }

    /// What is there keeps its place, its type and its id.
    private static func joined(_ own: ColumnType, _ wanted: ColumnType) -> ColumnType {
        switch (own, wanted) {
        case (.list(var element), .list(let more)):
            element.type = joined(element.type, more.type)
            return .list(element: element)
        case (.structure(var members), .structure(let more)):
            for member in more {
                if let place = members.firstIndex(where: { $0.name.utf8.elementsEqual(member.name.utf8) }) {
                    members[place].type = joined(members[place].type, member.type)
                } else {
                    members.append(Field(member.name, member.type))
                }
            }
            return .structure(members)
        default: return own
        }
    }

    /// What a reader of files gives for these paths: a column for each top-level name, in the order of first mention.
    static func fields(_ paths: [ColumnPath], of schema: Schema) -> [Field] {
        guard let shape = try? ColumnShape(paths, schema: schema) else { return [] }
        return shape.entries.map { Field($0.name, $0.type) }
    }

    /// A batch of other columns brought into this shape.
    ///
    /// - Parameter fields: of the batch's columns.
    func conform(_ batch: ColumnBatch, from fields: [Field]) -> ColumnBatch {
        let columns = entries.map { entry -> Column in
            let place = fields.firstIndex { $0.name.utf8.elementsEqual(entry.name.utf8) }
            return Self.conform(place.map { batch.columns[$0] }, from: place.map { fields[$0] }, to: entry.type, rowCount: batch.rowCount)
        }
        return ColumnBatch(rowCount: batch.rowCount, columns: columns)
    }

    private static func narrowed(_ type: ColumnType, _ wanted: [[String]]) -> ColumnType {
        switch type {
        case .list(let element):
            return .list(element: Field(element.name, narrowed(element.type, wanted)))
        case .structure(let members):
            return .structure(
                members.compactMap { member in
                    let deeper = wanted.filter { $0.first == member.name }.map { Array($0.dropFirst()) }
                    guard !deeper.isEmpty else { return nil }
                    return Field(member.name, deeper.contains([]) ? member.type : narrowed(member.type, deeper))
                })
        default: return type
        }
    }

    /// A column of a piece that may be older than the table: members it lacks are NULL, a column it lacks is NULL or an empty list.
    ///
    /// Members are matched by their names' bytes, at every depth. A file's reader gives NULL for a list that only newer files have: it is as empty as before there were
    /// such, and as merging makes it.
    static func conform(_ column: Column?, from field: Field?, to type: ColumnType, rowCount: Int) -> Column {
        guard let column, let field else { return absent(type, rowCount: rowCount) }
        if case .constant(.null) = column.values { return absent(type, rowCount: column.count) }
        guard type.isNested, field.type.withoutIDs != type else { return column.retyped(type) }
        switch (column.values, field.type, type) {
        case (.list(let offsets, let element), .list(let fromElement), .list(let toElement)):
            let conformed = conform(element, from: fromElement, to: toElement.type, rowCount: element.count)
            return Column(type: type, count: column.count, validity: column.validity, values: .list(offsets: offsets, element: conformed))
        case (.structure(let members), .structure(let fromFields), .structure(let toFields)):
            let conformed = toFields.map { target in
                let place = fromFields.firstIndex { $0.name.utf8.elementsEqual(target.name.utf8) }
                return conform(place.map { members[$0] }, from: place.map { fromFields[$0] }, to: target.type, rowCount: column.count)
            }
            return Column(type: type, count: column.count, validity: column.validity, values: .structure(conformed))
        default: return column
        }
    }

    private static func absent(_ type: ColumnType, rowCount: Int) -> Column {
        guard case .list(let element) = type else { return .constant(.null, type: type, count: rowCount) }
        var builder = ColumnBuilder(type: element.type)
        return Column(
            type: type, count: rowCount,
            values: .list(offsets: [Int32](repeating: 0, count: rowCount + 1), element: builder.finish()))
    }
}
