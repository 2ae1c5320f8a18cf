/// Whose a key is: a client's, or one of those who run the store.
package enum KeyOwner: Sendable, Hashable {
    case client(String)
    case operators
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
    package init(id: String, secretSHA256: [UInt8], role: Principal.Role = .contract, label: String? = nil, expiresAt: Int64? = nil) {
        self.id = id
        self.secretSHA256 = secretSHA256
        self.role = role
        self.label = label
        self.expiresAt = expiresAt
    }
}

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
