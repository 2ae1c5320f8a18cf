internal import Documents
internal import Ingest
internal import Query

/// Answers a call, or suspends its exchange and returns nil; the answer comes by `complete` then.
package typealias Handler = @Sendable (Call) throws -> Response?

/// One step between the listener and a route. `Service` has the list of them; a request passes it twice: when its head is here, to be refused
/// before its body is read, and when all of it is.
protocol Middleware: Sendable {
    /// On the connection's thread: it must not wait. What it refuses is answered once the body was read past.
    ///
    /// - Throws: the reason of a refusal.
    func head(_ call: Call) throws

    /// What runs in place of `next` for calls of `route`; made once, at the start.
    func around(_ next: @escaping Handler, of route: Route) -> Handler
}

extension Middleware {
    func head(_ call: Call) throws {}
    func around(_ next: @escaping Handler, of route: Route) -> Handler { next }
}

/// Refuses parameters that the call's description does not have.
struct ParameterCheck: Middleware {
    func head(_ call: Call) throws {
        try call.readParameters()
        // What is made can be asked for, and deleted, by every client.
        if call.route.method == .put, let value = call.unreachableName {
            throw Problem.parameter(value.name, "\(value.value) is no name: browsers and many libraries take it out of a path before they send it")
        }
        for parameter in call.parameters where !call.route.operation.takes(parameter.name) {
            let near = NameSuggestion.closest(to: parameter.name, among: call.route.operation.queryNames).map { "; did you mean \($0)?" } ?? ""
            throw Problem(
                .unknownParameter, "this call has no parameter \"\(parameter.name)\"\(near)",
                errors: [.init(pointer: "/\(parameter.name)", code: "unknown-parameter", message: "not a parameter of this call\(near)")])
        }
    }
}

/// Where answers wait for the store's log: keeps those of calls that change something until the log has what was committed by then. A repeat waits as the
/// first did, whose record may be under way still. While the log gives no answer such calls are refused before they do anything.
/// Where two machines keep the store, calls that change nothing wait as well: what they tell must not be lost, nor be another's to tell.
///
///     handler returns → answer is held → the log has all that was committed by then → answer goes out, or a problem in its place
struct KeptAnswers: Middleware {
    let life: any StoreLife

    func head(_ call: Call) throws {
        if call.route.changesStore, let refusal = life.changeRefusal { throw refusal }
    }

    func around(_ next: @escaping Handler, of route: Route) -> Handler {
        guard route.changesStore || life.keepsReads && route.access != .open && route.access != .metrics, life.isKeptElsewhere else { return next }
        return { call in try run(call, next) }
    }

    private func run(_ call: Call, _ next: Handler) throws -> Response? {
        let exchange = call.exchange
        // Put before the handler runs, for its answer may come from another thread before it returns.
        exchange.hold { [life] deliver in
            life.whenKept { fault in
                guard let fault else { return deliver(nil) }
                deliver { call.response(to: fault) }
            }
        }
        guard let response = try released(call, next) else { return nil }
        // One that was ready at once has waited already, and nobody would wake its connection again.
        if exchange.isCompleted { return response }
        return exchange.answer { exchange.complete { response } }
    }

    /// What is refused waits for nothing.
    private func released(_ call: Call, _ next: Handler) throws -> Response? {
        do { return try next(call) } catch {
            call.exchange.hold(nil)
            throw error
        }
    }
}
