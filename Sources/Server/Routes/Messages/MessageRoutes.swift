internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Messages in, out, and their ends. Whoever may use a queue may make all of these calls.
enum MessageRoutes {
    private static let id = Operation.Parameter.path("id", "The message's id.")
    private static let token = ##""lock_token":{"type":"string"}"##

    static let all: [Route] = [
        Route(
            .post, "/v1/queues/{name}/messages", access: .reader, place: .connection, body: .documents,
            operation: Operation(
                "sendMessages", "Puts up to a hundred messages into a queue, all or none.", parameters: [QueueRoutes.name], body: [.json(sendSchema)],
                answers: [.init(200, "Durable.", [.of(SentBody.self)])], problems: [.notFound, .queueFull, .diskFull]),
            uses: { $0.store.queues }, handle: send),
        Route(
            .post, "/v1/queues/{name}/receive", access: .reader, place: .connection, body: .small,
            operation: Operation(
                "receiveMessages", "Locks up to `max` messages for this worker; waits up to `wait` seconds for the first.", parameters: [QueueRoutes.name],
                body: [.json(receiveSchema)], answers: [.init(200, "What it has now; none when the wait was in vain.", [.of(ReceivedBody.self)])],
                problems: [.notFound, .diskFull]),
            uses: { $0.store.queues }, handle: receive),
        end("complete", "completeMessage", "The message is done, and no more.", members: token, required: #""lock_token""#) { _ in .complete },
        end("abandon", "abandonMessage", "Gives the message back, for others after `delay`.", members: token + #","delay":{"type":["string","null"]}"#, required: #""lock_token""#) {
            .abandon(delay: try duration($0, "delay"))
        },
        end("renew", "renewMessage", "Keeps the message for `lock` from now on, or for the queue's own time.", members: token + #","lock":{"type":["string","null"]}"#, required: #""lock_token""#) {
            .renew(lock: try duration($0, "lock"))
        },
        end("dead-letter", "deadLetterMessage", "Gives the message up: it is a dead letter.", members: token + #","reason":{"type":["string","null"],"maxLength":1000}"#, required: #""lock_token""#) {
            .deadLetter(reason: try reason($0))
        },
        Route(
            .post, "/v1/queues/{name}/complete", access: .reader, place: .connection, body: .small,
            operation: Operation(
                "completeMessages", "Up to a hundred messages are done.", parameters: [QueueRoutes.name], body: [.json(completeSchema)],
                answers: [.init(200, "Which of them.", [.of(CompletedBody.self)])], problems: [.notFound, .diskFull]),
            uses: { $0.store.queues }, handle: completeAll),
    ]

    private static let sendSchema = ##"{"type":"object","additionalProperties":false,"required":["messages"],"properties":{"messages":{"type":"array","minItems":1,"maxItems":100,"items":{"type":"object","additionalProperties":false,"required":["body"],"properties":{"id":{"description":"Counted once in its queue within the duplicate window; one is made without.","type":["string","null"],"minLength":1,"maxLength":200},"body":{"description":"Any JSON value of at most 256 KiB."},"delay":{"description":"Before it may be received, like 30s; the queue's without.","type":["string","null"]}}}}}}"##
    private static let receiveSchema = ##"{"type":"object","additionalProperties":false,"properties":{"max":{"type":["integer","null"],"minimum":1,"maximum":100,"default":1},"wait":{"type":["integer","null"],"minimum":0,"maximum":20,"default":0}}}"##
    private static let completeSchema = ##"{"type":"object","additionalProperties":false,"required":["items"],"properties":{"items":{"type":"array","minItems":1,"maxItems":100,"items":{"type":"object","additionalProperties":false,"required":["message_id","lock_token"],"properties":{"message_id":{"type":"string"},"lock_token":{"type":"string"}}}}}}"##

    private static let waitSecondsMax = 20
    private static let reasonByteCountMax = 1_000

    // MARK: In

    private static func send(_ call: Call, _ queues: any QueueKeeping) throws -> Response? {
        let messages = try MessageReader.messages(call)
        let exchange = call.exchange
        return exchange.answer {
            queues.send(messages, to: call.path("name"), as: call.principal) { result in
                exchange.complete {
                    switch result {
                    case .success(let sent): .json(SentBody(results: sent.map { .init(sent: $0) }), reserving: 96 * sent.count + 32)
                    case .failure(let fault): call.response(to: fault)
                    }
                }
            }
        }
    }

    // MARK: Out

    private static func receive(_ call: Call, _ queues: any QueueKeeping) throws -> Response? {
        let body = try call.object(members: ["max", "wait"])
        let countMax = try integer(body, "max", 1...QueueSettings.batchCountMax, 1)
        let wait = try integer(body, "wait", 0...waitSecondsMax, 0)
        let exchange = call.exchange
        let waits = wait > 0 && !call.life.isStopping
        let rights = try waits ? call.rights() : nil
        return exchange.answer {
            if waits { exchange.watch() }
            let end = Once()
            let handle = queues.receive(countMax, from: call.path("name"), waits: waits, as: call.principal) { result in
                end.run()
                answer(result, call, rights, queues)
            }
            guard waits else { return }
            // Whichever comes first: a message, the end of the wait, of the connection or of the server.
            let deadline = call.life.deadlines.after(Double(wait)) { handle.cancel() }
            end.set { call.life.deadlines.cancel(deadline) }
            exchange.whenGone { handle.cancel() }
        }
    }

    /// - Parameter rights: of whoever has waited, as they are by now; nil where nobody did.
    private static func answer(_ result: Result<[ReceivedMessage], Fault>, _ call: Call, _ rights: (@Sendable () throws -> Principal)?, _ queues: any QueueKeeping) {
        let exchange = call.exchange
        switch result {
        case .failure(let fault): exchange.complete { call.response(to: fault) }
        case .success(let messages):
            let body = ReceivedBody(messages: messages.map { .init(message: $0) })
            do {
                // Whoever hung up, has no memory for them, or may not have them any more, does not keep them from others.
                guard !exchange.isGone else { throw Dispatch.Unheard("no message was kept for this call") }
                if let rights, !messages.isEmpty, !(try rights().uses.queues.includes(call.path("name"))) { throw Fault.absent(.queue(call.path("name"))) }
                try exchange.holdAnswer(2 * body.byteCount)
                exchange.complete { .json(body, reserving: body.byteCount) }
            } catch {
                // Given back at once, and not when their locks end: others wait for them. By whoever took them, whatever he may by now.
                for message in messages {
                    queues.settle(MessageLock(id: message.id, token: message.token), .abandon(delay: nil), in: call.path("name"), as: call.principal) { _ in }
                }
                let response = call.response(to: error)
                exchange.complete { response }
            }
        }
    }

    private static func integer(_ body: JSONValue, _ name: String, _ range: ClosedRange<Int>, _ usual: Int) throws -> Int {
        guard let value = body[present: name] else { return usual }
        guard let integer = value.integer, range.contains(integer) else {
            throw Problem.parameter(name, "an integer from \(range.lowerBound) to \(range.upperBound) is wanted, not \(MemberReader.shown(value))", code: "out-of-range")
        }
        return integer
    }

    // MARK: Ends

    /// A call by which whoever has a message ends its lock or lengthens it.
    private static func end(
        _ verb: String, _ operation: String, _ summary: String, members: String, required: String, _ read: @escaping @Sendable (JSONValue) throws -> MessageEnd
    ) -> Route {
        let schema = #"{"type":"object","additionalProperties":false,"required":["# + required + #"],"properties":{"# + members + "}}"
        let names: Set<String> =
            switch verb {
            case "abandon": ["lock_token", "delay"]
            case "renew": ["lock_token", "lock"]
            case "dead-letter": ["lock_token", "reason"]
            default: ["lock_token"]
            }
        return Route(
            .post, "/v1/queues/{name}/messages/{id}/\(verb)", access: .reader, place: .connection, body: .small,
            operation: Operation(
                operation, summary, parameters: [QueueRoutes.name, id], body: [.json(schema)], answers: [.init(204, "Done.")],
                problems: [.notFound, .lockLost, .diskFull]),
            uses: { $0.store.queues },
            handle: { call, queues in
                let body = try call.object(members: names)
                let lock = MessageLock(id: call.path("id"), token: try text(body, "lock_token"))
                let end = try read(body)
                let exchange = call.exchange
                return exchange.answer {
                    queues.settle(lock, end, in: call.path("name"), as: call.principal) { result in
                        exchange.complete {
                            switch result {
                            case .success: .noContent
                            case .failure(let fault): call.response(to: fault)
                            }
                        }
                    }
                }
            })
    }

    private static func text(_ body: JSONValue, _ name: String) throws -> String {
        guard let value = body[name] else { throw Problem.parameter(name, "a string is wanted", code: "required") }
        guard let text = value.text else { throw Problem.parameter(name, "a string is wanted, not \(MemberReader.shown(value))", code: "type") }
        return text
    }

    private static func duration(_ body: JSONValue, _ name: String) throws -> Int64? {
        guard let value = body[present: name] else { return nil }
        guard let text = value.text else { throw Problem.parameter(name, "a duration like 30s is wanted, not \(MemberReader.shown(value))", code: "type") }
        return try MessageReader.duration(text, name)
    }

    private static func reason(_ body: JSONValue) throws -> String? {
        guard body[present: "reason"] != nil else { return nil }
        let reason = try text(body, "reason")
        guard reason.utf8.count <= reasonByteCountMax else { throw Problem.parameter("reason", "at most \(reasonByteCountMax) bytes are taken", code: "out-of-range") }
        return reason
    }

    private static func completeAll(_ call: Call, _ queues: any QueueKeeping) throws -> Response? {
        let body = try call.object(members: ["items"])
        guard let items = body["items"]?.array, (1...QueueSettings.batchCountMax).contains(items.count) else {
            throw Problem.parameter("items", "an array of 1 to \(QueueSettings.batchCountMax) items is wanted", code: "out-of-range")
        }
        let locks = try items.enumerated().map { index, item in
            guard let members = item.members, members.allSatisfy({ ["message_id", "lock_token"].contains($0.name) }), let id = item["message_id"]?.text,
                let token = item["lock_token"]?.text
            else { throw Problem.parameter("items/\(index)", "an object of message_id and lock_token is wanted", code: "type") }
            return MessageLock(id: id, token: token)
        }
        let exchange = call.exchange
        return exchange.answer {
            queues.complete(locks, in: call.path("name"), as: call.principal) { result in
                exchange.complete {
                    switch result {
                    case .success(let ends): .json(CompletedBody(results: zip(locks, ends).map { .init(id: $0.id, isComplete: $1) }), reserving: 96 * locks.count + 32)
                    case .failure(let fault): call.response(to: fault)
                    }
                }
            }
        }
    }
}
