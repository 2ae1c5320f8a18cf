/// Keys of clients and of those who run the store. Changes are durable before these return.
package protocol KeyAdministration: AnyObject, Sendable {
    /// At most `limit` keys behind `after`, in the order in which they were made.
    ///
    /// - Throws: `Fault`: not-found for a client without a contract.
    func keys(of owner: KeyOwner, after: KeyDescription.Position?, limit: Int) throws -> [KeyDescription]
    /// Adds a key by the SHA-256 of its secret; the secret itself is not stored.
    ///
    /// - Throws: `Fault`: bad-parameter for a role that the owner's keys do not have, not-found for a client without a contract.
    func addKey(_ key: NewKey, of owner: KeyOwner) throws -> KeyDescription
    /// - Throws: `Fault`: not-found.
    func deleteKey(of owner: KeyOwner, id: String) throws
    /// The key by which salts of passwords are made: 32 bytes that never change in the store's life.
    var passwordSaltKey: [UInt8] { get }
}

/// Finds whom a credential stands for, before a caller is admitted. Fast, from memory: called for every request.
package protocol CredentialLookup: AnyObject, Sendable {
    /// The owner and role of a key, by its secret's SHA-256; nil where there is none.
    func holder(ofKeySHA256 hash: [UInt8]) -> KeyHolder?
    /// Whether a key is there and not revoked, be its time over or not. It is not used by that.
    func hasKey(ofSHA256 hash: [UInt8]) -> Bool
    /// The contract that a token names.
    func contract(_ clientID: String) throws -> Contract?
    /// The keys that are passwords of `user`: of the contract of that client id; nil: of the administrators.
    func passwordKeys(of user: String?) -> UserKeys
}
