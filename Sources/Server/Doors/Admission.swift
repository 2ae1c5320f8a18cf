package import Ingest

/// The one admission of all doors: who the caller is, what they may call, and how much they may have under way at once.
package struct Admission: Sendable {
    package let authorizer: Authorizer
    package let ledger: MemoryLedger
    private let usage: UsageMeter

    package init(_ authorizer: Authorizer, _ ledger: MemoryLedger, _ usage: UsageMeter) {
        (self.authorizer, self.ledger, self.usage) = (authorizer, ledger, usage)
    }

    /// Admits a caller; where the call needs no credential, an anonymous one.
    ///
    /// - Parameters:
    ///   - credential: reads the credential; called only where the call needs one.
    ///   - mayWait: whether the caller tries again after `KeysAwaited`; false the second time.
    ///   - charge: the memory that the request holds, which counts as the caller's from here on.
    /// - Throws: `Denial`, what `credential` throws, and `Authorizer.KeysAwaited`; then nothing is charged to the caller.
    package func admit(
        _ credential: () throws -> Credential, for access: AccessRule, mayWait: Bool = false, charge: inout MemoryLedger.Charge
    ) throws -> Authorizer.Admitted {
        // Who it is before what it holds: a refusal by name says more than one for want of room.
        let admitted = access.needsCredential ? try authorizer.authorize(try credential(), for: access, mayWait: mayWait) : Authorizer.nobody
        try enter(admitted, charge: &charge)
        if case .contract(let client) = admitted.principal.identity { usage.add(to: client) { $0.calls += 1 } }
        return admitted
    }

    /// Charges an admitted caller with the memory that its request holds.
    ///
    /// - Throws: `Denial` where the caller has too much under way.
    func enter(_ admitted: Authorizer.Admitted, charge: inout MemoryLedger.Charge) throws(Denial) {
        do {
            try charge.enter(ledger, as: admitted.principal)
        } catch {
            throw Denial(error, of: admitted.principal, standing: admitted.standing)
        }
    }
}
