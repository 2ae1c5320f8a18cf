import ColumnStore
import Processes

@testable import Ingest

/// Topics over a file of queues, with clocks that the test holds and a process in place of whoever is called: the topic `sales`, and subscriptions to it that start the process `p`.
enum TopicFixture {
    /// - Parameters:
    ///   - path: of the directory.
    ///   - starter: nil where nothing runs processes.
    ///   - members: of the groups, beside the topics.
    ///   - opens: the file that was there before.
    ///   - minFreeBytes: what is to stay free on the disk.
    ///   - sequence: the store's last.
    ///   - bindingSeconds: for a condition that is put.
    ///   - body: the core is touched within operations alone.
    static func with(
        _ path: String, _ time: QueueFixture.TestTime, starter: (any ProcessStarting)?, subscriptions: [String] = ["s"], members: [any QueueGroupMember] = [], opens: Bool = false,
        minFreeBytes: Int64 = 0, sequence: @escaping @Sendable () -> Int64 = { 0 }, bindingSeconds: Double = 60, _ body: (QueueStore, TopicStore, TopicCore) throws -> Void
    ) throws {
        let outbox = EventOutbox(clock: Clock { time.now })
        let core = TopicCore(outbox: outbox, bindingSeconds: bindingSeconds)
        let queues = try QueueStore(
            store: QueueCore.Store(
                path: path + "/queues.sqlite", id: "of a test", directory: path, minFreeBytes: minFreeBytes, clock: Clock { time.now }, steady: { time.steady }, boot: time.boot),
            members: [core] + members, opens: opens)
        defer { queues.stop() }
        let topics = TopicStore(core: core, outbox: outbox, queues: queues, sequence: sequence)
        topics.start(policy: try AddressPolicy(), TopicSurroundings(contract: { _ in nil }, starter: { starter }))
        defer { topics.stop() }
        _ = try topics.put(topic: "sales")
        for name in subscriptions { _ = try topics.put(Subscription(name: name, condition: nil, target: .process("p")), of: "sales") }
        try body(queues, topics, core)
    }
}
