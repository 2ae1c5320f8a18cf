import ColumnStore
package import Documents
package import Processes

/// What other parts of the store publish, and what of the store's own happened.
package protocol EventPublishing: AnyObject, Sendable {
    /// Puts events into a topic, all or none.
    ///
    /// - Parameter completion: called once, on any thread, when they are durable, in their order: `duplicate` for a (source, id) seen within a day. Or with why
    ///   they are not: not-found (no such topic), too-large, disk-full, overloaded. It must return quickly.
    func publish(_ events: [EventDraft], to topic: String, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void)
    /// Something that happened in the store, into the topic `till`. Where nobody subscribes, this does nothing at once.
    ///
    /// An event that must not be lost is emitted again after a restart, under the same id: ids are counted once.
    func emit(_ event: EventDraft, completion: @escaping @Sendable (Result<Void, Fault>) -> Void)
    /// Whether somebody subscribes to the topic `till` now.
    var isHeard: Bool { get }
    /// From now on these events of topics start executions of `process`, each with its event as input; none any more with no rules, also of those that wait.
    /// What waits by a rule that others take the place of starts it still. Durable when it returns; the same rules again change nothing.
    func follow(_ rules: [EventRule], starting process: String) throws
    /// There is such a process now: events that it could not be started with are tried without their pauses. Returns at once; where it cannot be done they have their pauses.
    func hasten(startsOf process: String)
    /// What is wrong with an expression over an event; nil when nothing is.
    func conditionFault(_ text: String) -> String?
    /// Whether there is such a topic now.
    func hasTopic(_ name: String) -> Bool
    /// Those topics of the rules that would have more subscriptions than a topic may, if `process` followed these rules and no others.
    func crowdedTopics(_ rules: [EventRule], starting process: String) -> Set<String>
}

extension EventPublishing {
    /// None: for what has no bounds of its own.
    package func crowdedTopics(_ rules: [EventRule], starting process: String) -> Set<String> { [] }
    /// Nothing: for what starts none.
    package func hasten(startsOf process: String) {}
}

/// Which events of a topic. The condition is an expression of SQL over type, source, subject, time and data; nil takes all.
package struct EventRule: Sendable, Hashable {
    package let topic: String
    package let condition: String?

    package init(topic: String, condition: String?) { (self.topic, self.condition) = (topic, condition) }

    /// By bytes, as of `Subscription`.
    package static func == (left: EventRule, right: EventRule) -> Bool {
        left.topic.hasBytes(of: right.topic)
            && (left.condition.map { condition in right.condition.map { condition.hasBytes(of: $0) } ?? false } ?? (right.condition == nil))
    }
}

/// What starts executions of processes: what the target `{"process":…}` of a subscription comes to.
package protocol ProcessStarting: AnyObject, Sendable {
    /// Starts an execution, once for each name.
    ///
    /// - Parameters:
    ///   - name: made of the event's source and id and of the subscription, the same when it is tried again; at most 80 bytes.
    ///   - input: the event, as JSON.
    ///   - identity: whose event it is, with whose rights the execution acts.
    ///   - completion: called once, on any thread, when the execution is durable, or was before. A fault is tried again with growing pauses, and holds back
    ///     later events of its subject.
    func start(_ process: String, name: String, input: [UInt8], as identity: Identity, completion: @escaping @Sendable (Result<Void, Fault>) -> Void)
}

/// An event that has no place in a topic yet.
package struct EventDraft: Sendable {
    /// Of its source alone; 1 to 200 bytes.
    package var id: String
    /// Who it comes from; `source` is made of it.
    package var origin: Identity
    package var type: String
    package var subject: String?
    /// Microseconds since 1970.
    package var time: Int64
    /// One JSON value.
    package var data: [UInt8]
    /// Of a change of the store, its place among them: whoever subscribed behind it does not hear of it.
    package var sequence: Int64?
    /// Attributes that others have agreed upon, each one JSON value.
    package var extensions: [(name: String, json: String)] = []

    /// Of an event as it is delivered: it has to fit into a message.
    package static let byteCountMax = QueueSettings.bodyByteCountMax
    package static let textByteCountMax = 200

    /// Whether an id, a type or a subject may say so.
    package static func isAttribute(_ text: String) -> Bool {
        (1...textByteCountMax).contains(text.utf8.count) && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    package init(id: String, origin: Identity, type: String, subject: String?, time: Int64, data: [UInt8]) {
        (self.id, self.origin, self.type, self.subject, self.time, self.data) = (id, origin, type, subject, time, data)
    }
}
