/// An answer that leaves as a file: asked for, being made, or there to be fetched.
package struct Export: Sendable {
    /// On disk, and in the API: do not rename.
    package enum State: String, Sendable, CaseIterable {
        /// Waits its turn, or is being made; after a restart from the beginning.
        case running = "RUNNING"
        case done = "DONE"
        case error = "ERROR"
        case cancelled = "CANCELLED"
        /// The file is gone.
        case expired = "EXPIRED"
    }

    /// What of the store somebody sees.
    package struct Rights: Sendable, Hashable {
        package let scope: Principal.Scope
        package let seesSensitive: Bool

        package init(scope: Principal.Scope, seesSensitive: Bool) { (self.scope, self.seesSensitive) = (scope, seesSensitive) }

        package init(of principal: Principal) { self.init(scope: principal.scope, seesSensitive: principal.seesSensitive) }

        /// Whether whoever has these sees all that `earlier` showed, of the same owner.
        package func include(_ earlier: Rights) -> Bool { (scope == .all || earlier.scope == .own) && (seesSensitive || !earlier.seesSensitive) }
    }

    package let id: String
    /// Who asked for it: the administrator or a contract.
    package let owner: Identity
    package let name: String
    /// A name of the table of formats.
    package let format: String
    /// What was asked for, as JSON; it was checked. Empty in lists, and of one that is over.
    package let request: [UInt8]
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// Microseconds from its end.
    package let expiresIn: Int64
    package var state = State.running
    package var endedAt: Int64?
    package var expiresAt: Int64?
    package var rowCount: Int64 = 0
    package var byteCount: Int64 = 0
    /// Of the file, in hexadecimal digits.
    package var sha256: String?
    /// Below DATA/exports.
    package var fileName: String?
    /// Its owner's, as the file was made; nil while there is none, and where an earlier version of this program has not kept them.
    package var rights: Rights?
    /// Behind which version of types it was made (`TypeStore.place`); before all where nobody says it.
    package var typesPlace: Int64 = -1
    /// Of the secret of the key that asked for it, or for which a pass or a session stood. Nil of the key of the settings and of tokens, which nobody revokes here, and where an
    /// earlier version of this program has not kept it.
    package var keySHA256: [UInt8]?
    /// Why there is no file, as the API says it.
    package var problem: [UInt8]?

    package init(id: String, owner: Identity, name: String, format: String, request: [UInt8], createdAt: Int64, expiresIn: Int64) {
        (self.id, self.owner, self.name, self.format) = (id, owner, name, format)
        (self.request, self.createdAt, self.expiresIn) = (request, createdAt, expiresIn)
    }
}
