internal import Ingest

/// One call of the API: how it is found, who may make it, where it runs, and how it is described.
package struct Route: Sendable {
    /// Where `handle` runs.
    package enum Place: Sendable {
        /// On the connection's thread: it must not wait.
        case connection
        /// Point reads and pages.
        case reads
        case queries
        /// Administration.
        case control
        /// Figures of the server itself.
        case observing
    }

    package enum BodyLimit: Sendable {
        case none
        /// Control calls: 1 MiB.
        case small
        /// Type files with their schemas: 16 MiB.
        case typeFile
        /// `limits.body`.
        case documents

        func byteCountMax(_ limits: DoorLimits) -> Int {
            switch self {
            case .documents: limits.body
            case .typeFile: min(limits.body, 16 << 20)
            case .none, .small: min(limits.body, 1 << 20)
            }
        }
    }

    package let method: HTTPMethod
    /// `/v1/receipts/{receipt_id}`; a last segment like `{path…}` takes all that is left.
    package let path: String
    package let access: AccessRule
    package let place: Place
    package let body: BodyLimit
    package let operation: Operation
    /// Makes the handler of what it uses, once.
    private let made: @Sendable (CallParts) -> Handler

    /// Whether the audit trail has an entry of each call.
    var isAudited: Bool { operation.isAudited || (access == .admin && method != .get && !operation.changesNothing) }

    /// A call that needs nothing but its request.
    package init(
        _ method: HTTPMethod, _ path: String, access: AccessRule, place: Place = .connection, body: BodyLimit = .none,
        operation: Operation, handle: @escaping Handler
    ) {
        (self.method, self.path, self.access, self.place, self.body, self.operation) = (method, path, access, place, body, operation)
        made = { _ in handle }
    }

    /// - Parameter uses: what `handle` is given beside the request.
    package init<Parts: Sendable>(
        _ method: HTTPMethod, _ path: String, access: AccessRule, place: Place = .connection, body: BodyLimit = .none,
        operation: Operation, uses parts: @escaping @Sendable (CallParts) -> Parts,
        handle: @escaping @Sendable (Call, Parts) throws -> Response?
    ) {
        (self.method, self.path, self.access, self.place, self.body, self.operation) = (method, path, access, place, body, operation)
        made = { all in
            let parts = parts(all)
            return { call in try handle(call, parts) }
        }
    }

    func handler(_ parts: CallParts) -> Handler { made(parts) }
}
