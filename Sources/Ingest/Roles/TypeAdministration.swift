/// Document types: names are checked, changes durable, before these return.
package protocol TypeAdministration: AnyObject, Sendable {
    /// By the bytes of their names, those behind `after`, at most `limit`.
    func types(after name: String?, limit: Int, as principal: Principal) throws -> [TypeDescription]
    func type(_ name: String, as principal: Principal) throws -> TypeDescription?
    func putType(name: String, body: [UInt8]) throws -> PutOutcome
    func deleteType(name: String) throws
}
