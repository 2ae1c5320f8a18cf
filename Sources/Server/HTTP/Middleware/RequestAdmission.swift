internal import Documents
internal import Ingest

/// Lets a request in by its head, or refuses it before its body is read; one whose token names a key that is being fetched is let in, or refused,
/// once the key is here.
struct RequestAdmission: Middleware {
    let admission: Admission
    let dispatch: Dispatch

    func head(_ call: Call) throws {
        let exchange = call.exchange
        do {
            try admit(call, mayWait: true)
            exchange.isKnown = call.route.access.needsCredential
        } catch is Authorizer.KeysAwaited {
            // Its body is held in the name of all who are nobody until the key is here.
            try admission.enter(Authorizer.nobody, charge: &exchange.charge)
            call.waitForKeys()
        }
    }

    func around(_ next: @escaping Handler, of route: Route) -> Handler {
        guard route.access.needsCredential else { return next }
        return { call in call.awaitsKeys ? waitForKeys(call, next) : try next(call) }
    }

    /// Notes in the call and its exchange who it is, and what of the contract's rate is left.
    private func admit(_ call: Call, mayWait: Bool) throws {
        let exchange = call.exchange
        do {
            let admitted = try admission.admit({ try exchange.request.credential() }, for: call.route.access, mayWait: mayWait, charge: &exchange.charge)
            exchange.admissionHeaders = admitted.standing?.headers ?? []
            call.letIn(admitted.principal)
        } catch let denial as Denial {
            // The log says who was refused.
            if let principal = denial.principal { exchange.note(principal) }
            throw denial
        }
    }

    /// Waits for the issuer's keys, then lets the request in or refuses it.
    private func waitForKeys(_ call: Call, _ next: @escaping Handler) -> Response? {
        let exchange = call.exchange
        exchange.suspendWatched()
        let isTaken = admission.authorizer.whenKeysAreFetched {
            dispatch.afterKeys(call, letIn: { try admit(call, mayWait: false) }, next)
        }
        if !isTaken { dispatch.refuse(call, .overloaded) }
        return nil
    }
}
