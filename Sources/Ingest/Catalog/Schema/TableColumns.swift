package import ColumnStore
import Documents
import Synchronization

/// The columns that types add to each table: grows when a type is registered, never shrinks.
///
/// What columns a row may have: read by whoever lays rows down or plans a scan. Columns of a table stay in their places.
package final class TableColumns: Sendable {
    private let columns: Mutex<[String: [Field]]>

    package init(_ columns: [String: [Field]] = [:]) { self.columns = Mutex(columns) }

    package func columns(of table: String) -> [Field] { columns.withLock { $0[table] ?? [] } }
    package var tables: [String] { columns.withLock { $0.keys.sorted() } }

    /// - Returns: the table's columns now; nil, without effect, when one of the fields has another type there.
    /// - Complexity: O(fields · columns).
    @discardableResult
    package func add(_ fields: [Field], to table: String) -> [Field]? {
        columns.withLock { columns in
            guard let merged = SchemaEncoding.merged(columns[table] ?? [], adding: fields) else { return nil }
            columns[table] = merged
            return merged
        }
    }

    package func contains(_ table: String) -> Bool { columns.withLock { $0[table] != nil } }

    /// The table that callers give a name, as it is stored; nil where none has it.
    package func storedName(ofShown name: String) -> String? {
        columns.withLock { columns in
            for kind in TableKind.all {
                let stored = kind.storedName(of: name)
                // What ends like stored names of another kind is none of this one.
                if columns[stored] != nil, TableName.kind(of: stored) === kind { return stored }
            }
            return nil
        }
    }

    func kind(ofShown name: String) -> TableKind? { storedName(ofShown: name).map(TableName.kind) }

    /// Whether a table has a name, as callers give it or as it is stored.
    func hasTable(named name: String) -> Bool { contains(name) || storedName(ofShown: name) != nil }
}
