package import Documents
package import Processes

/// Messages in, out, and their ends.
///
/// Each call is checked on the thread that makes it, where that needs no look at the queue, and is then one operation of a group. `completion` is called
/// once: at once with a refusal, else on the writer's thread.
extension QueueStore: MessageSending {
    package func send(
        _ messages: [OutgoingMessage], to name: String, as principal: Principal, completion: @escaping @Sendable (Result<[SentMessage], Fault>) -> Void
    ) {
        guard principal.uses.queues.includes(name) else { return completion(.failure(Self.noQueue(name))) }
        if let fault = Self.fault(of: messages) { return completion(.failure(fault)) }
        // The sender stands in the message's row, so that its death can be reported to them.
        let sender = principal.identity.senderText
        submit(byteCount: messages.reduce(0) { $0 + $1.body.count }) { core in
            try core.enqueue(messages, to: name, sender: sender)
        } completion: { completion($0) }
    }

    package func send(
        _ body: [UInt8], key: String, delay: Int64?, to queue: String, sender: Identity, completion: @escaping @Sendable (Result<Queue.Arrival, Fault>) -> Void
    ) {
        let message = OutgoingMessage(id: key, body: body, delay: delay)
        if let fault = Self.fault(of: [message]) { return completion(.failure(fault)) }
        submit(byteCount: body.count) { core in
            try core.enqueue([message], to: queue, sender: sender.senderText)
        } completion: { result in completion(result.map { $0[0].arrival }) }
    }

    private static func noQueue(_ name: String) -> Fault { Fault.absent(.queue(name)) }

    /// What is wrong with a call whatever the queue: too many messages, a body that is too large, an id of no or too many bytes.
    private static func fault(of messages: [OutgoingMessage]) -> Fault? {
        guard messages.count <= QueueSettings.batchCountMax else { return Fault(.badParameter, "at most \(QueueSettings.batchCountMax) messages at a time") }
        for (index, message) in messages.enumerated() {
            if message.body.count > QueueSettings.bodyByteCountMax {
                return Fault(.tooLarge, "the body of message \(index) has \(message.body.count) bytes; at most \(QueueSettings.bodyByteCountMax) are taken")
            }
            if let id = message.id, !(1...MessageKey.byteCountMax).contains(id.utf8.count) {
                return Fault(.badParameter, "the id of message \(index) has \(id.utf8.count) bytes, not 1 to \(MessageKey.byteCountMax)")
            }
        }
        return nil
    }

    // MARK: Out

    package func receive(
        _ countMax: Int, from name: String, waits: Bool, as principal: Principal, completion: @escaping @Sendable (Result<[ReceivedMessage], Fault>) -> Void
    ) -> any NotificationHandle {
        // At least one and at most a batch, whatever was asked for.
        let wait = ReceiveWait(id: nextWait(), countMax: min(max(countMax, 1), QueueSettings.batchCountMax), isPatient: waits, answer: completion)
        guard principal.uses.queues.includes(name) else {
            completion(.failure(Self.noQueue(name)))
            return WaitHandle(store: nil, queue: name, id: wait.id)
        }
        submit { core -> [ReceivedMessage]? in
            // Those that wait already come first.
            let isNext = core.waiting[name] == nil && core.hasRoomForBodies
            let received = isNext ? try core.receive(wait.countMax, from: name) : []
            let isInVain = try isNext || core.queue(name).counts.active == 0
            if !received.isEmpty || isInVain && !waits { return received }
            // No answer yet: a later group has it, or `cancel`.
            core.waiting[name, default: []].append(wait)
            return nil
        } completion: { completion($0) }
        return WaitHandle(store: self, queue: name, id: wait.id)
    }

    /// Ends a wait from any thread. A wait that was answered by then is not found, and nothing happens.
    private struct WaitHandle: NotificationHandle {
        let store: QueueStore?
        let queue: String
        let id: Int

        func cancel() {
            store?.submitEnd(of: id, queue)
        }
    }

    // MARK: Ends

    package func complete(_ locks: [MessageLock], in name: String, as principal: Principal, completion: @escaping @Sendable (Result<[Bool], Fault>) -> Void) {
        guard principal.uses.queues.includes(name) else { return completion(.failure(Self.noQueue(name))) }
        submit { core in
            _ = try core.queue(name)
            // One lock that was lost is no reason for the others: the fault comes before that message was changed.
            return try locks.map { lock in
                do {
                    try core.complete(lock, in: name)
                    return true
                } catch let fault as Fault where fault.code == .lockLost {
                    return false
                }
            }
        } completion: { completion($0) }
    }

    package func settle(
        _ lock: MessageLock, _ end: MessageEnd, in name: String, as principal: Principal, completion: @escaping @Sendable (Result<Void, Fault>) -> Void
    ) {
        guard principal.uses.queues.includes(name) else { return completion(.failure(Self.noQueue(name))) }
        submit { core -> Void? in
            switch end {
            case .complete: try core.complete(lock, in: name)
            case .abandon(let delay): try core.abandon(lock, delay: delay, in: name)
            case .renew(let duration): _ = try core.renew(lock, for: duration, in: name)
            case .deadLetter(let reason): try core.deadLetter(lock, reason: reason, in: name)
            }
            return ()
        } completion: { completion($0) }
    }
}

extension QueueCore {
    /// The wait is over without a message.
    /// - Returns: what tells so, once that holds; nil where it was answered by then.
    /// - Complexity: O(waits of the queue).
    func endWait(_ id: Int, _ name: String) -> (@Sendable () -> Void)? {
        guard let waits = waiting[name], let place = waits.firstIndex(where: { $0.id == id }) else { return nil }
        waiting[name]?.remove(at: place)
        if waiting[name]?.isEmpty ?? false { waiting[name] = nil }
        return { waits[place].answer(.success([])) }
    }

    /// The store closes, or takes nothing any more.
    func endWaits(_ result: Result<[ReceivedMessage], Fault>) {
        let all = waiting.values.flatMap { $0 }
        waiting = [:]
        for wait in all { wait.answer(result) }
    }
}
