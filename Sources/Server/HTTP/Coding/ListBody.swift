/// An item of a list that is answered a page at a time.
protocol ListItem: BodyForm {
    /// The member that holds the items.
    static var listName: StaticString { get }
    static var listSchemaName: String { get }
    static var example: Self { get }
}

/// A page of a list, and where the next begins.
struct ListBody<Item: ListItem>: JSONObject {
    let items: [Item]
    let nextCursor: String?

    static var schemaName: String? { Item.listSchemaName }
    static var example: ListBody { ListBody(items: [.example], nextCursor: nil) }

    func members(to sink: inout some MemberSink) {
        sink.member(Item.listName, items)
        sink.member("next_cursor", nextCursor)
    }
}
