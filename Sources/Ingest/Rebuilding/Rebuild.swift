/// A column that is to be filled for what was stored before a type had it: kept in the catalog until all of it is.
struct Rebuild: Sendable, Hashable {
    let id: Int64
    /// As it is stored.
    let table: String
    let column: String
    /// Rows beyond this sequence came by types that have the column.
    let through: Int64
}

/// How far a rebuild is.
package struct RebuildSummary: Sendable, Equatable {
    /// Rows whose documents were read again since the server started.
    package var rowCount: Int64 = 0
    /// Of them, those whose documents do not give the column: it is NULL there.
    package var faultyCount = 0
    /// Files that were written anew, hot and cold.
    package var fileCount = 0
    /// Files that could not be: they are damaged, or have rows that were written anew. Tried again with each compaction.
    package var leftFileCount = 0
    package init() {}
}
