internal import Documents
package import Ingest

/// Who may make the call at all; what they see in it, the engine decides.
package enum AccessRule: Sendable {
    case open
    /// Any contract.
    case reader
    /// Contracts with access `read-write`.
    case writer
    /// Any contract, and auditors.
    case review
    /// Whoever shows a credential that counts.
    case known
    /// Auditors and the administrator.
    case audit
    /// Those who watch the server, and the administrator.
    case metrics
    case admin
    /// Signed by a registrar instead of bearing a credential.
    case signed
}

extension AccessRule {
    /// Whether somebody must say who they are.
    package var needsCredential: Bool { !roles.isEmpty }

    /// Why a credential may not make the call; nil when it may. What it sees in it, the engine decides.
    ///
    /// - Returns: `unauthenticated`, `read-only`, `admin-only` or `role-not-allowed`.
    package func refusal(of principal: Principal) -> Problem? {
        switch (principal.role, self) {
        case (_, .open), (_, .signed), (.admin, _): return nil
        // An anonymous caller counts as a contract without rows: on a call that needs a credential it is asked for one.
        case (.contract, _) where principal.identity == .nobody: return Problem(.unauthenticated, "this call wants a credential")
        case (.auditor, .review), (.auditor, .audit), (.metrics, .metrics): return nil
        case (.contract, .reader), (.contract, .review), (_, .known): return nil
        case (.contract, .writer):
            return principal.access == .read ? Problem(.readOnly, "the contract's access is read; this call writes") : nil
        case (.contract, .audit), (.contract, .metrics), (.contract, .admin), (.auditor, .admin), (.metrics, .admin):
            let roles = roles.filter { $0 != .admin }.map { " or one of the role \($0.rawValue)" }.joined()
            return Problem(.adminOnly, "this call is for the admin key\(roles)")
        case (.auditor, .reader), (.auditor, .writer), (.auditor, .metrics), (.metrics, .reader), (.metrics, .writer), (.metrics, .review),
            (.metrics, .audit):
            let roles = roles.map(\.rawValue).joined(separator: ", ")
            return Problem(.roleNotAllowed, "the key's role is \(principal.role.rawValue); this call is for \(roles)")
        }
    }

    /// Whose keys may make the call; none where no key is wanted.
    package var roles: [Principal.Role] {
        switch self {
        case .open, .signed: []
        case .reader, .writer: [.contract, .admin]
        case .review: [.contract, .auditor, .admin]
        case .known: Principal.Role.allCases
        case .audit: [.auditor, .admin]
        case .metrics: [.metrics, .admin]
        case .admin: [.admin]
        }
    }
}
