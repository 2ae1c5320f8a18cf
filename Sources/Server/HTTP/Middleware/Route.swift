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
    package let handle: Handler

    /// Whether the audit trail has an entry of each call.
    var isAudited: Bool { operation.isAudited || (access == .admin && method != .get && !operation.changesNothing) }

    package init(
        _ method: HTTPMethod, _ path: String, access: AccessRule, place: Place = .connection, body: BodyLimit = .none,
        operation: Operation, handle: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.place = place
        self.body = body
        self.operation = operation
        self.handle = handle
    }
}
