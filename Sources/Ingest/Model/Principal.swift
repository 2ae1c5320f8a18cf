/// The caller: an authenticated credential, reduced to its rights.
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
    package let identity: Identity
    /// The key of an operator; nil for the key that the store was made with, and for contracts.
    package var keyID: String?
    package var access: Access
    package var scope: Scope
    /// Document types that may be posted; nil for all.
    package var types: [String]?
    /// Queues, topics and processes that may be used.
    package var uses: Contract.Uses
    /// Whether values of sensitive columns are shown.
    package var seesSensitive: Bool

    /// Of a contract.
    package init(
        clientID: String, access: Access, scope: Scope, types: [String]? = nil, uses: Contract.Uses = .none, seesSensitive: Bool = false
    ) {
        self.init(
            role: .contract, identity: .contract(ClientID(clientID)), access: access, scope: scope, types: types, uses: uses,
            seesSensitive: seesSensitive)
    }

    private init(
        role: Role, identity: Identity, keyID: String? = nil, access: Access, scope: Scope, types: [String]? = nil, uses: Contract.Uses = .none,
        seesSensitive: Bool
    ) {
        (self.role, self.identity, self.keyID) = (role, identity, keyID)
        (self.access, self.scope, self.types, self.uses) = (access, scope, types, uses)
        self.seesSensitive = seesSensitive
    }

    package static let admin = Principal(role: .admin, identity: .administrator, access: .readWrite, scope: .all, uses: .all, seesSensitive: true)
    /// Who has shown no credential, or one that is still to be checked: a contract's role without a contract.
    package static let nobody = Principal(role: .contract, identity: .nobody, access: .read, scope: .own, types: [], seesSensitive: false)

    /// Of an operator's key. Whoever is not the administrator sees no row: what of rows they may see at all, a call must say for their role.
    ///
    /// - Precondition: `role` is none of a contract.
    package static func operators(_ role: Role, keyID: String) -> Principal {
        precondition(role != .contract)
        return role == .admin
            ? Principal(role: .admin, identity: .administrator, keyID: keyID, access: .readWrite, scope: .all, uses: .all, seesSensitive: true)
            : Principal(role: role, identity: .nobody, keyID: keyID, access: .read, scope: .own, seesSensitive: false)
    }

    package var isAdmin: Bool { identity == .administrator }

    /// Whose rows are seen.
    package var rows: RowScope {
        switch identity {
        case .administrator: .all
        case .contract(let client): scope == .all ? .all : .client(client)
        case .nobody: .none
        }
    }

    /// Whether all that `earlier` sees of rows is seen, by the same holder, whatever else the two may do.
    package func seesAll(of earlier: Principal) -> Bool {
        bearer == earlier.bearer && (rows == .all || rows == earlier.rows) && (seesSensitive || !earlier.seesSensitive)
    }

    /// Whether all that `earlier` may see is still to be seen, by the same holder: what goes on for long has begun by it.
    package func stillSees(whatWasSeenBy earlier: Principal) -> Bool {
        seesAll(of: earlier) && uses.include(earlier.uses) && (types == nil || earlier.types.map { Set($0).isSubset(of: types ?? []) } ?? false)
    }

    /// What a cursor is bound to, so that it is of use to nobody else.
    package var binding: [String] { [role.rawValue, identity.client?.text ?? ""] }

    /// Whose rows on disk those of its queries are counted with; nil for the administrator, who has all that others leave.
    package var spillOwner: String? { isAdmin ? nil : binding.joined(separator: " ") }

    /// Whose credential it is, whatever it may do: what one has under way is counted together.
    package struct Bearer: Sendable, Hashable {
        let identity: Identity
        let role: Role
        let keyID: String?
    }

    package var bearer: Bearer { Bearer(identity: identity, role: role, keyID: keyID) }
}
