internal import Processes

/// A task of a queue: what of it is in memory while it waits.
struct QueuedTask: EndpointWork {
    let key: TaskKey
    let dueAt: Int64
    var since: Int64 { dueAt }
}

/// The tasks of one resource.
struct ResourceQueue: Sendable {
    let resource: Resource
    var queue: EndpointQueue<QueuedTask>

    /// As many are kept in memory: an outage must not fill it.
    static let countMax = 50_000

    init(_ resource: Resource, limit: Int, capacity: Int) { (self.resource, queue) = (resource, EndpointQueue(limit: max(1, limit), capacity: capacity)) }
}
