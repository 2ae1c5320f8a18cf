/// Whose a key is: a client's, or one of those who run the store.
package enum KeyOwner: Sendable, Hashable {
    case client(String)
    case operators
}

/// What is kept of a key so that its holder can prove to have it without saying it: SCRAM-SHA-256's StoredKey and ServerKey (RFC 5802, 3).
package struct KeyVerifier: Sendable, Hashable {
    package var storedKey: [UInt8]
    package var serverKey: [UInt8]

    package init(storedKey: [UInt8], serverKey: [UInt8]) {
        self.storedKey = storedKey
        self.serverKey = serverKey
    }
}

/// The keys that a user's password may be.
package struct UserKeys: Sendable {
    package struct Key: Sendable {
        package var sha256: [UInt8]
        package var verifier: KeyVerifier

        package init(sha256: [UInt8], verifier: KeyVerifier) { (self.sha256, self.verifier) = (sha256, verifier) }
    }

    package var keys: [Key]
    /// There are others, of a time before verifiers were kept: these must be said.
    package var hasOthers: Bool

    package init(keys: [Key] = [], hasOthers: Bool = false) { (self.keys, self.hasOthers) = (keys, hasOthers) }
}

/// A key to be stored.
package struct NewKey: Sendable {
    package var id: String
    package var secretSHA256: [UInt8]
    /// `contract` for a client's, any other for an operator's.
    package var role: Principal.Role
    package var label: String?
    /// Microseconds since 1970: from then on it counts no more.
    package var expiresAt: Int64?
    /// Nil where it can only be said, not proved.
    package var verifier: KeyVerifier?
    package init(
        id: String, secretSHA256: [UInt8], role: Principal.Role = .contract, label: String? = nil, expiresAt: Int64? = nil, verifier: KeyVerifier? = nil
    ) {
        self.id = id
        self.secretSHA256 = secretSHA256
        self.role = role
        self.label = label
        self.expiresAt = expiresAt
        self.verifier = verifier
    }
}

/// A key as lists show it: nothing in it helps anybody to guess the key.
package struct KeyDescription: Sendable {
    /// Where it stands among the keys of its owner.
    package struct Position: Sendable, Hashable {
        package var createdAt: Int64
        package var id: String
        package init(createdAt: Int64, id: String) { (self.createdAt, self.id) = (createdAt, id) }
    }

    package var id: String
    package var role: Principal.Role
    package var label: String?
    package var createdAt: Int64
    package var expiresAt: Int64?
    package var lastUsedAt: Int64?
    package init(
        id: String, role: Principal.Role = .contract, label: String? = nil, createdAt: Int64, expiresAt: Int64? = nil, lastUsedAt: Int64?
    ) {
        self.id = id
        self.role = role
        self.label = label
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
    }

    package var position: Position { Position(createdAt: createdAt, id: id) }
}

/// What a key stands for.
package enum KeyHolder: Sendable {
    case contract(Contract, expiresAt: Int64?)
    case operators(Principal.Role, id: String, expiresAt: Int64?)
}
