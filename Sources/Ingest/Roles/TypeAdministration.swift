/// Document types: names are checked, changes durable, before these return.
package protocol TypeAdministration: AnyObject, Sendable {
    func types(as principal: Principal) throws -> [TypeDescription]
    func putType(name: String, body: [UInt8]) throws -> PutOutcome
    func deleteType(name: String) throws
}
