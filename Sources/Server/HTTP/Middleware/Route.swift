internal import Ingest

/// Gives what takes the body of a call.
typealias BodyOpener = @Sendable (Call) throws -> any BodySink

/// One call of the API: how it is found, who may make it, where it runs, and how it is described.
///
/// One line of `APIRoutes` for each. What it uses of the server it says by `uses`: the handler gets a value of that, and has no way to the rest.
package struct Route: Sendable {
    /// Where `handle` runs.
    package enum Place: Sendable {
        /// On the connection's thread: it must not wait.
        case connection
        /// Point reads and pages.
        case reads
        case queries
        /// Files that have come: seconds of the disk and of hashing.
        case files
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
        /// `limits.body`; what is not whole in its coding is handed on as it came, to be kept.
        case receipts
        /// A file: `limits.upload`, and never held in memory.
        case file

        func byteCountMax(_ limits: DoorLimits) -> Int {
            switch self {
            case .documents, .receipts: limits.body
            case .file: limits.uploadByteCount
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
    /// Whether a call may hold its thread longer than a page does.
    let isLong: @Sendable (Call) -> Bool
    /// Makes the handler of what it uses, once.
    private let made: @Sendable (CallParts) -> Handler
    /// Where a body goes that is too long for memory: asked once the head is let in, of somebody who is known or need not be.
    private let opened: (@Sendable (CallParts) -> BodyOpener)?

    /// Whether the audit trail has an entry of each call.
    var isAudited: Bool { operation.isAudited || (access == .admin && method != .get && !operation.changesNothing) }

    /// Whether something may be another after the call than before.
    var changesStore: Bool { ![.get, .head].contains(method) && !operation.changesNothing }

    /// A call that needs nothing but its request.
    package init(
        _ method: HTTPMethod, _ path: String, access: AccessRule, place: Place = .connection, body: BodyLimit = .none,
        operation: Operation, handle: @escaping Handler
    ) {
        (self.method, self.path, self.access, self.place, self.body, self.operation) = (method, path, access, place, body, operation)
        made = { _ in handle }
        opened = nil
        isLong = { _ in false }
    }

    /// - Parameters:
    ///   - uses: what `handle` is given beside the request.
    ///   - isLong: whether a call may hold its thread longer than a page does.
    package init<Parts: Sendable>(
        _ method: HTTPMethod, _ path: String, access: AccessRule, place: Place = .connection, body: BodyLimit = .none,
        operation: Operation, isLong: @escaping @Sendable (Call) -> Bool = { _ in false }, uses parts: @escaping @Sendable (CallParts) -> Parts,
        handle: @escaping @Sendable (Call, Parts) throws -> Response?
    ) {
        (self.method, self.path, self.access, self.place, self.body, self.operation, self.isLong) = (method, path, access, place, body, operation, isLong)
        made = { all in
            let parts = parts(all)
            return { call in try handle(call, parts) }
        }
        opened = nil
    }

    /// A call whose body is too long for memory.
    ///
    /// - Parameter open: gives what takes the body; `handle` finds it in `call.sink` once all of it is there. Of a call whose token's key is being fetched it is not asked: a megabyte at most is in
    ///   the request then.
    package init<Parts: Sendable>(
        _ method: HTTPMethod, _ path: String, access: AccessRule, place: Place, operation: Operation, uses parts: @escaping @Sendable (CallParts) -> Parts,
        open: @escaping @Sendable (Call, Parts) throws -> any BodySink, handle: @escaping @Sendable (Call, Parts) throws -> Response?
    ) {
        (self.method, self.path, self.access, self.place, self.operation) = (method, path, access, place, operation)
        body = .file
        isLong = { _ in false }
        made = { all in
            let parts = parts(all)
            return { call in try handle(call, parts) }
        }
        opened = { all in
            let parts = parts(all)
            return { call in try open(call, parts) }
        }
    }

    func handler(_ parts: CallParts) -> Handler { made(parts) }
    func opener(_ parts: CallParts) -> BodyOpener? { opened?(parts) }
}
