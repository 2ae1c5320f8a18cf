internal import ColumnStore
internal import Documents
internal import Ingest

/// Events in.
enum EventRoutes {
    private static let eventSchema = ##"{"type":"object","description":"CloudEvents 1.0. What is said of source is replaced by /clients/ and the client's id.","required":["specversion","id","type"],"additionalProperties":true,"properties":{"specversion":{"const":"1.0"},"id":{"description":"Counted once a day for its source.","type":"string","minLength":1,"maxLength":200},"source":{"type":"string"},"type":{"type":"string","minLength":1,"maxLength":200},"subject":{"description":"Events of one are delivered in the order in which they came.","type":"string","minLength":1,"maxLength":200},"time":{"type":"string","format":"date-time"},"datacontenttype":{"type":"string","default":"application/json"},"data":{}}}"##

    static let all: [Route] = [
        Route(
            .post, "/v1/events", access: .reader, place: .connection, body: .documents,
            operation: Operation(
                "publishEvents", "Publishes a CloudEvent, or up to a hundred in an array, all or none.", parameters: [.query("topic", "Where they go.")],
                body: [
                    .init(EventReader.single, eventSchema), .init(EventReader.batch, #"{"type":"array","minItems":1,"maxItems":100,"items":"# + eventSchema + "}"),
                    .json(#"{"anyOf":["# + eventSchema + #",{"type":"array","minItems":1,"maxItems":100,"items":"# + eventSchema + "}]}"),
                ],
                answers: [.init(202, "Durable.", [.of(PublishedBody.self)])], problems: [.notFound, .invalidQueue, .diskFull]),
            uses: { $0.store.topics }, handle: publish)
    ]

    private static func publish(_ call: Call, _ topics: any TopicKeeping) throws -> Response? {
        guard let topic = call.parameter("topic"), !topic.isEmpty else { throw Problem.parameter("topic", "a topic's name is wanted", code: "required") }
        let events = try EventReader.events(call)
        let exchange = call.exchange
        return exchange.answer {
            topics.publish(events, to: topic, as: call.principal) { result in
                exchange.complete {
                    switch result {
                    case .success(let arrivals):
                        .json(202, PublishedBody(results: zip(events, arrivals).map { .init(id: $0.id, arrival: $1) }), reserving: 64 * events.count + 32)
                    case .failure(let fault): call.response(to: fault)
                    }
                }
            }
        }
    }
}
