/// Keys of clients and of those who run the store. Changes are durable before these return.
package protocol KeyAdministration: AnyObject, Sendable {
    /// In the order in which they were made, those behind `after`, at most `limit`.
    func keys(of owner: KeyOwner, after: KeyDescription.Position?, limit: Int) throws -> [KeyDescription]
    /// Stores only the SHA-256 of the secret that the caller made.
    func addKey(_ key: NewKey, of owner: KeyOwner) throws -> KeyDescription
    func deleteKey(of owner: KeyOwner, id: String) throws
    /// By which salts of passwords are made: 32 bytes, the same for as long as the store is.
    var passwordSaltKey: [UInt8] { get }
}

/// Whom a credential stands for: all that is asked before somebody is let in. Fast: called for every request.
package protocol CredentialLookup: AnyObject, Sendable {
    /// Whose a key is, by the secret's SHA-256; nil when there is none.
    func holder(ofKeySHA256 hash: [UInt8]) -> KeyHolder?
    /// The contract that a token names.
    func contract(_ clientID: String) throws -> Contract?
    /// The keys by which `user` may prove who they are: a contract's id, or nil for the administrators.
    func passwordKeys(of user: String?) -> UserKeys
}
