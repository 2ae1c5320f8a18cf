internal import ColumnStore
internal import Documents
internal import Processes

/// An entry of the history as the JSON object that answers show: kept as that text, so that a page of it is read and sent as it lies. On disk: members may be added.
enum HistoryText {
    static func json(_ entry: HistoryEntry) -> [UInt8] {
        var writer = JSONWriter(reserving: 256)
        writer.beginObject()
        writer.key("at")
        writer.string(CivilDate.text(microseconds: entry.at))
        writer.key("event")
        writer.string(entry.kind.rawValue)
        writer.key("state")
        writer.string(entry.state)
        writer.key("visit")
        writer.integer(entry.visit)
        writer.key("attempt")
        writer.integer(entry.attempt)
        for (name, value) in [("input", entry.input), ("output", entry.output)] {
            writer.key(name)
            if let value { value.write(to: &writer) } else { writer.null() }
        }
        for (name, text) in [("error", entry.error?.name), ("cause", entry.error?.cause)] {
            writer.key(name)
            writer.optional(text)
        }
        writer.endObject()
        return writer.bytes
    }
}
