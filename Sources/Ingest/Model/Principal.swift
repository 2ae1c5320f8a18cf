/// Who is asking: an authenticated credential, reduced to what it may do.
package struct Principal: Sendable, Hashable {
    package enum Scope: String, Sendable, Hashable { case own, all }
    package enum Access: String, Sendable, Hashable { case read, readWrite = "read-write" }

    /// What a credential is for. On disk, of keys: do not rename.
    package enum Role: String, Sendable, Hashable, CaseIterable {
        /// What a client's contract says.
        case contract
        /// Everything.
        case admin
        /// Who did what, and what is configured and refused; no receipt, and of no document a byte.
        case auditor
        /// The figures of the server alone.
        case metrics
    }

    package let role: Role
    /// Of a contract; nil for those that are no client's.
    package let clientID: String?
    /// The key of an operator; nil for the key that the store was made with, and for contracts.
    package var keyID: String?
    package var access: Access
    package var scope: Scope
    /// Document types that may be posted; nil for all.
    package var types: [String]?

    /// Of a contract.
    package init(clientID: String, access: Access, scope: Scope, types: [String]? = nil) {
        role = .contract
        self.clientID = clientID
        self.access = access
        self.scope = scope
        self.types = types
    }

    private init(role: Role, keyID: String?, access: Access, scope: Scope) {
        (self.role, self.keyID, self.access, self.scope) = (role, keyID, access, scope)
        clientID = nil
    }

    package static let admin = Principal(role: .admin, keyID: nil, access: .readWrite, scope: .all)

    /// Of an operator's key. Whoever is not the administrator has the scope of a client that there is not: what of rows they may see at
    /// all, a call must say for their role.
    ///
    /// - Precondition: `role` is none of a contract.
    package static func operators(_ role: Role, keyID: String) -> Principal {
        precondition(role != .contract)
        return role == .admin
            ? Principal(role: .admin, keyID: keyID, access: .readWrite, scope: .all)
            : Principal(role: role, keyID: keyID, access: .read, scope: .own)
    }

    package var isAdmin: Bool { role == .admin }
    /// The client whose rows alone are seen; nil when all are. No client has the empty id.
    package var ownClient: String? { scope == .own ? clientID ?? "" : nil }
}
