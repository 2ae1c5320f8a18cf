import ColumnStore
import Processes

/// An event of the store's own topic, which stands in the catalog from the commit that it tells of until the topic has it: it is not lost, and since
/// its id is counted once, not told twice.
extension Notice {
    /// - Parameter event: of an id that no other event of the store has.
    init(_ event: EventDraft, at now: Int64) {
        var writer = JSONWriter(reserving: event.data.count + 256)
        writer.object { json in
            json.member("type", event.type)
            json.member("subject", event.subject)
            json.member("time", event.time)
            json.member("data", raw: event.data)
        }
        self.init(
            id: event.id, client: event.origin.client?.text ?? "", event: .storeEvent, body: writer.bytes, createdAt: now, dueAt: now, attempts: 0)
    }

    /// Nil for what is no event.
    var draft: EventDraft? {
        guard event == .storeEvent, let body = try? ValueLimits.parse(body), let type = body["type"]?.text, let data = body["data"] else { return nil }
        return EventDraft(
            id: id, origin: client.isEmpty ? .administrator : .contract(ClientID(client)), type: type, subject: body["subject"]?.text,
            time: body["time"]?.integer.map { Int64($0) } ?? createdAt, data: data.serialized)
    }
}
