internal import Documents
internal import Ingest

/// Lets a request in by its head, or refuses it before its body is read; one whose token names a key that is being fetched is let in, or refused,
/// once the key is here.
struct RequestAdmission: Middleware {
    let admission: Admission
    let dispatch: Dispatch

    func head(_ call: Call) throws {
        let exchange = call.exchange
        let access = call.route.access
        do {
            letIn(try admission.admit(exchange.request.credential, for: access, mayWait: true, charge: &exchange.charge), call)
            exchange.isKnown = access.needsCredential
        } catch is Authorizer.KeysAwaited {
            try admission.enter(Authorizer.nobody, charge: &exchange.charge)
            call.waitForKeys()
        }
    }

    func around(_ next: @escaping Handler, of route: Route) -> Handler {
        guard route.access.needsCredential else { return next }
        return { call in call.awaitsKeys ? waitForKeys(call, next) : try next(call) }
    }

    private func letIn(_ admitted: Authorizer.Admitted, _ call: Call) {
        call.exchange.admissionHeaders = admitted.standing?.headers ?? []
        call.letIn(admitted.principal)
    }

    /// Waits for the issuer's keys, then lets the request in or refuses it.
    private func waitForKeys(_ call: Call, _ next: @escaping Handler) -> Response? {
        let exchange = call.exchange
        exchange.suspendWatched()
        let isTaken = admission.authorizer.whenKeysAreFetched {
            dispatch.afterKeys(call) { call in
                letIn(try admission.admit(exchange.request.credential, for: call.route.access, charge: &exchange.charge), call)
                return try next(call)
            }
        }
        if !isTaken { dispatch.refuse(call, .overloaded) }
        return nil
    }
}
