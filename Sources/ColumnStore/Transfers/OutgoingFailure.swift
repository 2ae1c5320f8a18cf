/// Why a call has no answer.
package enum OutgoingFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The address is internal and not listed in `outgoing.allow`.
    case addressRefused
    /// The request may have arrived: the caller must ask before calling again.
    case timedOut
    /// The request cannot have been processed: no connection was made.
    case notConnected(String)
    /// The connection broke after the request was sent, or the answer was too large or no HTTP.
    case broken(String)
    /// The client is closing.
    case closed

    package var description: String {
        switch self {
        case .addressRefused: "the address is internal and outgoing.allow does not list it"
        case .timedOut: "no answer in time"
        case .notConnected(let reason): "no connection: \(reason)"
        case .broken(let reason): "the call broke: \(reason)"
        case .closed: "the server is stopping"
        }
    }
}
