package import ColumnStore

/// Document types: names are checked, changes durable, before these return.
package protocol TypeAdministration: AnyObject, Sendable {
    /// By the bytes of their names, those behind `after`, at most `limit`.
    func types(after name: String?, limit: Int, as principal: Principal) throws -> [TypeDescription]
    func type(_ name: String, as principal: Principal) throws -> TypeDescription?
    /// Those of a type in force before `version`, the newest first, at most `limit` and as many as their bytes allow; none for what there is no type.
    ///
    /// - Parameter hold: asked for the bytes that they take in all with their text, before they are read; more than once as the page grows. What it throws
    ///   ends the reading.
    func typeVersions(_ name: String, before version: Int, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> [TypeVersion]
    /// Whether any version of any type there was has a column that few may see.
    var haveSensitiveColumns: Bool { get }
    func putType(name: String, body: [UInt8]) throws -> PutOutcome
    func deleteType(name: String) throws
}

/// Rollups over the tables of those types: sums that are kept. Changes are durable before these return; sums are made afterwards.
package protocol RollupAdministration: AnyObject, Sendable {
    /// By the bytes of their names, those behind `after`, at most `limit`; of who sees own rows only, those by client.
    func rollups(after name: String?, limit: Int, as principal: Principal) throws -> [RollupDescription]
    /// - Throws: `Fault` invalid-rollup with each fault and its place.
    func putRollup(name: String, body: JSONValue) throws -> PutOutcome
    func deleteRollup(name: String) throws
    /// What is to be said of a rollup to who declares it; nil: nothing. Reads a sample of rows.
    func rollupWarning(name: String) -> String?
    /// Rollups that questions which were asked would have been answered from, what spares most first. Reads samples of rows.
    func rollupAdvice() throws -> [RollupAdvice]
}
