import ColumnStore

/// One version of a table's cold rows. Immutable.
package final class ColdTable: Sendable {
    package let table: String

    package init(table: String) { self.table = table }
}
