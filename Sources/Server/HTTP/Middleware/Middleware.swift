internal import Documents
internal import Ingest
internal import Query

/// Answers a call, or suspends its exchange and returns nil; the answer comes by `complete` then.
package typealias Handler = @Sendable (Call) throws -> Response?

/// One step between the listener and a route. `Service` has the list of them; a request passes it twice: when its head is here, to be refused
/// before its body is read, and when all of it is.
protocol Middleware: Sendable {
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
        for parameter in call.parameters where !call.route.operation.takes(parameter.name) {
            let near = NameSuggestion.closest(to: parameter.name, among: call.route.operation.queryNames).map { "; did you mean \($0)?" } ?? ""
            throw Problem(
                .unknownParameter, "this call has no parameter \"\(parameter.name)\"\(near)",
                errors: [.init(pointer: "/\(parameter.name)", code: "unknown-parameter", message: "not a parameter of this call\(near)")])
        }
    }
}
