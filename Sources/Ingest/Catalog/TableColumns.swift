package import ColumnStore
import Synchronization

/// The columns that types add to each table: grows when a type is registered, never shrinks.
package final class TableColumns: Sendable {
    private let columns: Mutex<[String: [Field]]>

    package init(_ columns: [String: [Field]] = [:]) { self.columns = Mutex(columns) }

    package func columns(of table: String) -> [Field] { columns.withLock { $0[table] ?? [] } }
    package var tables: [String] { columns.withLock { $0.keys.sorted() } }

    /// - Returns: the table's columns now; nil, without effect, when one of the fields has another type there.
    @discardableResult
    package func add(_ fields: [Field], to table: String) -> [Field]? {
        columns.withLock { columns in
            guard let merged = SchemaEncoding.merged(columns[table] ?? [], adding: fields) else { return nil }
            columns[table] = merged
            return merged
        }
    }

    package func contains(_ table: String) -> Bool { columns.withLock { $0[table] != nil } }
}
