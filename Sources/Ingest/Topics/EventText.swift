import ColumnStore
import Documents
import Processes

/// An event as CloudEvents 1.0 has it, in JSON.
///
/// The members are those of the JSON event format: `specversion`, `id`, `source`, `type`, `subject` where there is one, `time`, `datacontenttype`,
/// extensions, and last `data`, which is the largest.
extension EventDraft {
    /// Who an event comes from, as `source` says it.
    package static func source(of origin: Identity) -> String {
        guard let client = origin.client else { return "/admin" }
        return "/clients/" + escaped(client.text)
    }

    /// As a path's segment (RFC 3986): an id may hold anything.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            // `%` and two digits in upper case, `%0A` for a line's end: of a byte, so that a character of UTF-8 becomes some of them.
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return escaped
    }

    package var source: String { Self.source(of: origin) }

    /// The whole event.
    ///
    /// Data and extensions are JSON already, checked as the event came, and go in as they are.
    package var json: [UInt8] {
        var json = JSONWriter(reserving: 320 + data.count)
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", id)
        json.member("source", source)
        json.member("type", type)
        if let subject { json.member("subject", subject) }
        json.member("time", CivilDate.text(microseconds: time))
        json.member("datacontenttype", "application/json")
        for member in extensions {
            json.key(member.name)
            json.raw(member.json.utf8)
        }
        json.key("data")
        json.raw(data)
        json.endObject()
        return json.bytes
    }
}
