internal import Processes

/// A task of a lane: what of it is in memory while it waits.
struct QueuedTask: LaneWork {
    let key: TaskKey
    let dueAt: Int64
    var since: Int64 { dueAt }
}

/// The tasks of one resource.
struct TaskLane: Sendable {
    let resource: Resource
    var lane: WorkLane<QueuedTask>

    /// As many are kept in memory: an outage must not fill it.
    static let countMax = 50_000

    init(_ resource: Resource, limit: Int, capacity: Int) { (self.resource, lane) = (resource, WorkLane(limit: max(1, limit), capacity: capacity)) }
}
