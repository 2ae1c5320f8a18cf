package import ColumnStore
package import Processes

/// A task to be carried out, at least once.
package struct TaskWork: Sendable {
    package let key: TaskKey
    package let call: TaskCall
    /// With whose rights.
    package let owner: Identity
    package let executionID: String
    /// Attempts of this call that have failed: those of its retrier are `call.attempt`.
    package let tryCount: Int
    /// When its state asked for it, in microseconds since 1970, by the clock as it is set by now.
    package let createdAt: Int64
    /// It was put off before: somebody may have been asked.
    package let isRepeat: Bool
    /// It has once ended as `awaited`: what it asked for was taken, whatever came of later looks.
    package var isAwaited = false
}

/// What a task is kept by.
package struct TaskKey: Sendable, Hashable {
    /// The execution's number.
    package let execution: Int64
    package let serial: Int64
}

/// The tasks of one resource and one owner.
struct TaskPart: Sendable, Hashable {
    let resource: Resource
    let owner: Identity
}

/// A task that is to be carried out, by its number.
struct DueTask: Sendable {
    let key: TaskKey
    let resource: Resource
    /// Whose it is: owners take turns.
    let owner: Identity
    /// Microseconds since 1970; it may be in the future.
    let dueAt: Int64
}

/// What came of an attempt to carry out a task.
package enum TaskEnding: Sendable {
    case succeeded(JSONValue)
    case failed(StateError)
    /// It is tried again, as the same attempt of the state. `at` in microseconds since 1970.
    case later(at: Int64, reason: String)
    /// Somebody answers by the token; where nobody does until `lookAgainAt`, it is carried out again. Nil: they may take as long as they like.
    case awaited(lookAgainAt: Int64?)
    /// The server stops: nothing came of it.
    case abandoned
}

/// Who carries out the tasks of some resources.
package protocol TaskExecutor: Sendable {
    /// At most so many at once.
    func concurrency(of resource: Resource) -> Int
    /// Carries out a task. Returns soon; `end` is called once, on any thread.
    func carryOut(_ work: TaskWork, end: @escaping @Sendable (TaskEnding) -> Void)
}

extension Resource {
    /// Whose places it takes: a slow endpoint holds up no other.
    var queueName: String { text }
}
