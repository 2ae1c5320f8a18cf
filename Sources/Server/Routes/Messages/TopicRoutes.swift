internal import ColumnStore
internal import Documents
internal import Ingest

/// Topics and subscriptions: made by the administrator; whoever may publish to a topic sees that it is there.
enum TopicRoutes {
    private static let nameSchema = #"{"type":"string","pattern":"^[A-Za-z0-9._-]{1,128}$"}"#
    private static let name = Operation.Parameter.path("name", "The topic's name; `till` has what happens in the store itself.", schema: nameSchema)
    private static let subscription = Operation.Parameter.path("subscription", "The subscription's name.", schema: nameSchema)

    static let all: [Route] = [
        Route(
            .get, "/v1/topics", access: .reader, place: .control,
            operation: Operation(
                "topics", "The topics that this credential may publish to; the administrator's are all.", answers: [.init(200, "They.", [.of(ListBody<TopicBody>.self)])]),
            uses: { $0.store.topics }, handle: list),
        Route(
            .get, "/v1/topics/{name}", access: .reader, place: .control,
            operation: Operation("topic", "A topic.", parameters: [name], answers: [.init(200, "It.", [.of(TopicBody.self)])], problems: [.notFound]),
            uses: { $0.store.topics }, handle: one),
        Route(
            .put, "/v1/topics/{name}", access: .admin, place: .control, body: .small,
            operation: Operation(
                "putTopic", "Makes a topic.", parameters: [name], body: [.json(TopicBody.requestSchema)],
                answers: [.init(200, "It was there.", [.of(TopicBody.self)]), .init(201, "Made.", [.of(TopicBody.self)])], problems: [.invalidQueue, .diskFull], needsBody: false),
            uses: { $0.store.topics }, handle: put),
        Route(
            .delete, "/v1/topics/{name}", access: .admin, place: .control,
            operation: Operation(
                "deleteTopic", "Deletes a topic with its subscriptions, and the events that are still to be delivered to them.", parameters: [name], answers: [.init(204, "Done.")],
                problems: [.notFound, .invalidQueue, .diskFull]),
            uses: { $0.store.topics }, handle: delete),
        Route(
            .get, "/v1/topics/{name}/subscriptions", access: .admin, place: .control,
            operation: Operation(
                "subscriptions", "The subscriptions of a topic.", parameters: [name], answers: [.init(200, "They.", [.of(ListBody<SubscriptionBody>.self)])], problems: [.notFound]),
            uses: { $0.store.topics }, handle: subscriptions),
        Route(
            .get, "/v1/topics/{name}/subscriptions/{subscription}", access: .admin, place: .control,
            operation: Operation(
                "subscription", "A subscription, and how it goes.", parameters: [name, subscription], answers: [.init(200, "It.", [.of(SubscriptionBody.self)])],
                problems: [.notFound]),
            uses: { $0.store.topics }, handle: oneSubscription),
        Route(
            .put, "/v1/topics/{name}/subscriptions/{subscription}", access: .admin, place: .control, body: .small,
            operation: Operation(
                "putSubscription", "Tells somebody of the events that come from now on.", parameters: [name, subscription], body: [.json(SubscriptionBody.requestSchema)],
                answers: [.init(200, "Changed, or the same as before.", [.of(SubscriptionBody.self)]), .init(201, "Made.", [.of(SubscriptionBody.self)])],
                problems: [.notFound, .invalidQueue, .diskFull]),
            uses: { $0.store.topics }, handle: putSubscription),
        Route(
            .delete, "/v1/topics/{name}/subscriptions/{subscription}", access: .admin, place: .control,
            operation: Operation(
                "deleteSubscription", "Tells nobody any more, also of what came before.", parameters: [name, subscription], answers: [.init(204, "Done.")],
                problems: [.notFound, .diskFull]),
            uses: { $0.store.topics }, handle: deleteSubscription),
        Route(
            .get, "/v1/topics/{name}/subscriptions/{subscription}/dead-letters", access: .admin, place: .control,
            operation: Operation(
                "deadEvents", "Events that could not be delivered within three days, or to a receiver that is gone.", parameters: [name, subscription] + ListPage.parameters,
                answers: [.init(200, "A page of them.", [.of(ListBody<DeadEventBody>.self)])], problems: [.notFound, .badCursor]),
            uses: { $0.store.topics }, handle: deadEvents),
        Route(
            .post, "/v1/topics/{name}/subscriptions/{subscription}/dead-letters/redrive", access: .admin, place: .control, body: .small,
            operation: Operation(
                "redriveEvents", "Tries all of them again, for three days more.", parameters: [name, subscription],
                answers: [.init(200, "How many they are.", [.of(LotBody.self)])], problems: [.notFound, .diskFull], needsBody: false),
            uses: { $0.store.topics }, handle: redrive),
    ]

    private static func list(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        let items = try topics.topics(as: call.principal).map { TopicBody($0) }
        return .json(ListBody(items: items, nextCursor: nil), reserving: 128 * items.count + 64)
    }

    private static func one(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        let name = call.path("name")
        return .json(TopicBody(name: name, subscriptions: try topics.topic(name, as: call.principal)))
    }

    private static func put(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        let name = call.path("name")
        if !call.request.body.isEmpty { try TopicBody.check(try call.object(members: TopicBody.members, passingOver: TopicBody.ofAnswers), name: name) }
        let (outcome, topic) = try topics.put(topic: name)
        return .json(outcome == .created ? 201 : 200, TopicBody(topic)).adding("Location", "/v1/topics/\(name)")
    }

    private static func delete(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        try topics.delete(topic: call.path("name"))
        return .noContent
    }

    private static func subscriptions(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        let items = try topics.subscriptions(of: call.path("name")).map { SubscriptionBody(report: $0) }
        return .json(ListBody(items: items, nextCursor: nil), reserving: 256 * items.count + 64)
    }

    private static func oneSubscription(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        .json(SubscriptionBody(report: try topics.subscription(call.path("subscription"), of: call.path("name"))))
    }

    private static func putSubscription(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        let (topic, name) = (call.path("name"), call.path("subscription"))
        let body = try call.object(members: SubscriptionBody.members, passingOver: SubscriptionBody.ofAnswers)
        let subscription = try SubscriptionBody.read(body, name: name)
        // One that is left out is the one that is stored by then, and none that was read before: another call may replace it meanwhile.
        let (outcome, report) = try topics.put(subscription, keepsSecret: body["target"]?["secret"] == nil, of: topic)
        let text = SubscriptionBody(report: report).json()
        call.exchange.auditDetail = String(decoding: text, as: UTF8.self)
        return Response(status: outcome == .created ? 201 : 200, contentType: "application/json", bytes: text).adding("Location", "/v1/topics/\(topic)/subscriptions/\(name)")
    }

    private static func deleteSubscription(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        try topics.delete(subscription: call.path("subscription"), of: call.path("name"))
        return .noContent
    }

    private static func deadEvents(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        let page = try ListPage(call, of: [call.path("name"), call.path("subscription")])
        try call.exchange.holdAnswer(2 * DeadMessageReport.pageByteCountMax)
        let (found, isCut) = try topics.deadEvents(
            of: call.path("subscription"), in: call.path("name"), after: try page.after(fieldCount: 1)?.integer(at: 0), limit: page.limit + 1)
        let shown = found.prefix(page.limit)
        let next = found.count <= page.limit && !isCut ? nil : shown.last.map { page.cursor([Array(String($0.number).utf8)]) }
        return .json(ListBody(items: shown.map { DeadEventBody(letter: $0) }, nextCursor: next), reserving: 512 * shown.count + 64)
    }

    private static func redrive(_ call: Call, _ topics: any TopicKeeping) throws -> Response {
        .json(LotBody(count: try topics.redrive(call.path("subscription"), in: call.path("name"))))
    }
}
