internal import ColumnStore
internal import Ingest

/// The columns of a walk's first page, in which all of its pages go into one file.
///
/// A type that is put while a walk is under way may add columns to `*`, and members to a list: later pages have them, and the file has no place for them.
struct WalkColumns {
    private let schema: Schema

    init(_ first: Page) { schema = first.schema }

    /// The page without what came since.
    func shaped(_ page: Page) -> Page {
        if page.schema.fields == schema.fields { return page }
        let places = schema.fields.map { page.schema.index(of: $0.name) }
        var shaped = page
        shaped.schema = schema
        shaped.batches = page.batches.map { batch in
            ColumnBatch(rowCount: batch.rowCount, columns: zip(schema.fields, places).map { field, place in
                place.map { Self.column(batch.columns[$0], as: field.type) } ?? .constant(.null, type: field.type, count: batch.rowCount)
            })
        }
        return shaped
    }

    /// A list with the members that it had. Others are as they were: a column does not change its type.
    private static func column(_ column: Column, as type: ColumnType) -> Column {
        if column.type == type { return column }
        let plain = column.flattened()
        switch (plain.values, plain.type, type) {
        case (.list(let offsets, let element), .list, .list(let wanted)):
            return Column(type: type, count: plain.count, validity: plain.validity, values: .list(offsets: offsets, element: Self.column(element, as: wanted.type)))
        case (.structure(let members), .structure(let fields), .structure(let wanted)):
            let has = Schema(fields)
            let kept = wanted.map { field -> Column in
                guard let place = has.index(of: field.name) else { return .constant(.null, type: field.type, count: plain.count) }
                return Self.column(members[place], as: field.type)
            }
            return Column(type: type, count: plain.count, validity: plain.validity, values: .structure(kept))
        default: return column
        }
    }
}
