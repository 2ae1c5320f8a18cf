package import Ingest

/// The one admission of all doors: who somebody is, what they may call, and how much they may have under way at once.
package struct Admission: Sendable {
    package let authorizer: Authorizer
    package let ledger: MemoryLedger
    private let usage: UsageMeter

    package init(_ authorizer: Authorizer, _ ledger: MemoryLedger, _ usage: UsageMeter) {
        (self.authorizer, self.ledger, self.usage) = (authorizer, ledger, usage)
    }

    /// Lets somebody in, or nobody in particular where the call asks for no credential.
    ///
    /// - Parameters:
    ///   - credential: asked for only where the call needs one.
    ///   - mayWait: whether the caller would come again; false the second time.
    ///   - charge: what the request holds, which is theirs from here on.
    /// - Throws: `Denial`, what `credential` throws, and `Authorizer.KeysAwaited`; none of what the request holds is charged to whoever it is then.
    package func admit(
        _ credential: () throws -> Credential, for access: AccessRule, mayWait: Bool = false, charge: inout MemoryLedger.Charge
    ) throws -> Authorizer.Admitted {
        // Who it is before what it holds: a refusal by name says more than one for want of room.
        let admitted = access.needsCredential ? try authorizer.authorize(try credential(), for: access, mayWait: mayWait) : Authorizer.nobody
        try enter(admitted, charge: &charge)
        if case .contract(let client) = admitted.principal.identity { usage.add(to: client) { $0.calls += 1 } }
        return admitted
    }

    /// Counts a request of whoever was let in.
    func enter(_ admitted: Authorizer.Admitted, charge: inout MemoryLedger.Charge) throws(Denial) {
        do {
            try charge.enter(ledger, as: admitted.principal)
        } catch {
            throw Denial(error, of: admitted.principal, standing: admitted.standing)
        }
    }
}
