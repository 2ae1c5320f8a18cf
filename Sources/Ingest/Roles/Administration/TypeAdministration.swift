package import ColumnStore
package import Query

/// Document types. Names are checked; changes are durable before these return.
package protocol TypeAdministration: AnyObject, Sendable {
    /// By the bytes of their names, those behind `after`, at most `limit`.
    func types(after name: String?, limit: Int, as principal: Principal) throws -> [TypeDescription]
    func type(_ name: String, as principal: Principal) throws -> TypeDescription?
    /// The versions of a type before `version`, the newest first: at most `limit`, and fewer where they are long. Empty where there is no such type.
    ///
    /// - Parameter hold: called with the bytes of the whole page and its text, before they are read and again as the page grows; an error that it throws
    ///   ends the reading.
    func typeVersions(_ name: String, before version: Int, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> [TypeVersion]
    /// Whether any version of any type has, or had, a sensitive column.
    var haveSensitiveColumns: Bool { get }
    /// - Parameter body: the type file, as JSON.
    /// - Throws: `Fault`: invalid-type with each fault and its place, version-conflict.
    func putType(name: String, body: [UInt8]) throws -> PutOutcome
    func deleteType(name: String) throws
}

/// Rollups over the tables of those types: sums that are kept. Changes are durable before these return; sums are made afterwards.
package protocol RollupAdministration: AnyObject, Sendable {
    /// At most `limit` rollups behind `name`, in the order of their names' bytes; for a principal that sees its own rows only, those that are keyed by client.
    func rollups(after name: String?, limit: Int, as principal: Principal) throws -> [RollupDescription]
    /// - Throws: `Fault` invalid-rollup with each fault and its place.
    func putRollup(name: String, body: JSONValue) throws -> PutOutcome
    func deleteRollup(name: String) throws
    /// A warning for the caller that declares a rollup, where its sums would be nearly as many as the rows; nil: none. Reads a sample of rows.
    ///
    /// - Parameter cancellation: ends it, without a warning.
    func rollupWarning(name: String, _ cancellation: Cancellation) -> String?
    /// Declarations of rollups that would have answered queries of the past, the most useful first. Reads samples of rows.
    ///
    /// - Parameter cancellation: ends it, with an error.
    func rollupAdvice(_ cancellation: Cancellation) throws -> [RollupAdvice]
}
